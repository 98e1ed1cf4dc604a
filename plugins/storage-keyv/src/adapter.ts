import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import { textOf } from './errors.ts'

/** What of a keyv adapter is used; the same in keyv 5 and 6. Answers are looked at, for adapters differ in them. */
export interface Adapter {
  namespace?: string | undefined
  get(key: string): Promise<unknown>
  getMany?(keys: string[]): Promise<unknown[]>
  set(key: string, value: string): unknown
  setMany?(entries: { key: string; value: string }[]): Promise<unknown>
  delete(key: string): Promise<unknown>
  iterator(namespace?: string): AsyncIterable<unknown>
  disconnect?(force?: boolean): Promise<unknown> | unknown
  on?(event: 'error', listener: (error: unknown) => void): unknown
}

/** Makes a new adapter; it connects when it is first used. */
export type MakeAdapter = () => Adapter

/**
 * Loads an adapter's module, from beside this plugin or by its absolute path.
 * @throws Error with the rest of a sentence
 */
export async function loadAdapter(name: string, options: unknown, namespace: string): Promise<MakeAdapter> {
  const Class = classOf(await load(name))
  if (Class === undefined) throw new Error(`the adapter "${name}" exports no class as its default`)
  const given = options === undefined ? [] : Array.isArray(options) ? options : [options]
  return () => {
    const adapter = construct(name, Class, given)
    adapter.namespace = namespace
    // @keyv/redis answers errors with nothing at all unless it is told otherwise.
    if ('throwOnErrors' in adapter) adapter.throwOnErrors = true
    return adapter
  }
}

type AdapterClass = new (...options: unknown[]) => unknown

async function load(name: string): Promise<unknown> {
  if (/^\.{1,2}[\\/]/.test(name)) {
    throw new Error(`"adapter" is the name of a package or an absolute path, not the relative path "${name}"`)
  }
  try {
    return await import(isAbsolute(name) ? pathToFileURL(name).href : name)
  } catch (error) {
    if (textOf(error).startsWith(`Cannot find package '${name}'`)) {
      throw new Error(`the adapter "${name}" is not installed beside it; install it with: parley plugins add ${name}`, {
        cause: error,
      })
    }
    throw new Error(`the adapter "${name}" cannot be loaded: ${textOf(error)}`, { cause: error })
  }
}

/** A CommonJS module's own default is one level deeper. */
function classOf(module: unknown, depth = 0): AdapterClass | undefined {
  if (typeof module === 'function') return module as AdapterClass
  if (typeof module !== 'object' || module === null || !('default' in module) || depth > 1) return undefined
  return classOf(module.default, depth + 1)
}

function construct(
  name: string,
  Class: AdapterClass,
  given: readonly unknown[],
): Adapter & { throwOnErrors?: boolean } {
  let made: unknown
  try {
    made = new Class(...given)
  } catch (error) {
    throw new Error(`the adapter "${name}" refuses its options: ${textOf(error)}`, { cause: error })
  }
  const has = (method: string) => typeof (made as Record<string, unknown>)[method] === 'function'
  const missing = ['get', 'set', 'delete'].filter(method => !has(method))
  if (missing.length > 0) throw new Error(`"${name}" is no keyv adapter: it has no ${missing.join(', ')}`)
  if (!has('iterator')) {
    throw new Error(
      `the adapter "${name}" has no iterator, so its keys cannot be found again; use one that has, such as @keyv/redis`,
    )
  }
  return made as Adapter
}
