import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { limits } from '../limits.ts'

/**
 * Options with every `{ "env": "NAME" }` and `{ "file": "path" }` in them replaced by what it names. Paths are relative
 * to `dir`; one line end at the end of a file is not part of the value.
 * @throws Error with the rest of a sentence
 */
export function resolveOptions(options: unknown, dir: string, env: NodeJS.ProcessEnv): unknown {
  if (Array.isArray(options)) return options.map(option => resolveOptions(option, dir, env))
  if (typeof options !== 'object' || options === null) return options
  const entries = Object.entries(options)
  const [[source, name] = []] = entries
  if (entries.length === 1 && typeof name === 'string') {
    if (source === 'env') return fromEnvironment(name, env)
    if (source === 'file') return fromFile(resolve(dir, name))
  }
  return Object.fromEntries(entries.map(([key, value]) => [key, resolveOptions(value, dir, env)]))
}

function fromEnvironment(name: string, env: NodeJS.ProcessEnv): string {
  const value = env[name]
  if (value === undefined) throw new Error(`its options name the environment variable ${name}, which is not set`)
  return value
}

function fromFile(file: string): string {
  try {
    if (statSync(file).size > limits.optionFile) throw new Error(`it is over ${limits.optionFile} bytes`)
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    throw new Error(
      `its options name the file ${file}, which cannot be read: ${error instanceof Error ? error.message : error}`,
    )
  }
}
