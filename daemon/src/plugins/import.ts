import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Plugin } from '@parley/kit'
import type { Locations } from '../locations.ts'
import { ensureFolder } from '../locations.ts'

/** The plugins that come with the program, by the name that a configuration uses; loaded when one asks for them. */
export type BuiltIns = Readonly<Record<string, () => Promise<Plugin>>>

export interface PluginPlaces {
  readonly builtIns: BuiltIns
  /** What relative paths are relative to. */
  readonly configDir: string
  readonly dirs: Pick<Locations, 'plugins' | 'pluginImport'>
}

/**
 * The default export of a built-in's, package's or path's module.
 * @throws Error with the rest of a sentence that names the plugin
 */
export async function importPlugin(use: string, places: PluginPlaces): Promise<unknown> {
  if (Object.hasOwn(places.builtIns, use)) return places.builtIns[use]?.()
  const module = isPath(use) ? await importPath(use, places.configDir) : await importPackage(use, places.dirs)
  if (!('default' in module)) throw new Error('it has no default export')
  return module.default
}

function isPath(use: string): boolean {
  return /^(\.{1,2}[\\/]|file:)/.test(use) || isAbsolute(use)
}

async function importPath(use: string, configDir: string): Promise<object> {
  const file = use.startsWith('file:') ? fileURLToPath(use) : resolve(configDir, use)
  if (!existsSync(file)) throw new Error(`there is no file ${file}`)
  return load(() => import(pathToFileURL(file).href))
}

const packageName = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/

async function importPackage(use: string, dirs: PluginPlaces['dirs']): Promise<object> {
  if (!packageName.test(use)) throw new Error('it is neither the name of a package nor a path that begins with "./"')
  if (!existsSync(dirs.plugins)) throw new Error(notInstalled(use))
  // From a bundle, import(name) resolves beside the bundle; from a module in the plugins' folder, beside the plugins.
  writeImporter(dirs)
  const importer: { default: (name: string) => Promise<object> } = await import(pathToFileURL(dirs.pluginImport).href)
  return load(() => importer.default(use)).catch(error => {
    const isMissing = error instanceof Error && error.message.includes(`Cannot find package '${use}'`)
    throw isMissing ? new Error(notInstalled(use)) : error
  })
}

const importerSource = 'export default name => import(name)\n'

function writeImporter({ plugins, pluginImport }: PluginPlaces['dirs']): void {
  ensureFolder(plugins, 'plugin folder')
  if (existsSync(pluginImport) && readFileSync(pluginImport, 'utf8') === importerSource) return
  const draft = `${pluginImport}.${randomBytes(6).toString('hex')}`
  writeFileSync(draft, importerSource, { mode: 0o600, flag: 'wx' })
  renameSync(draft, pluginImport)
}

function notInstalled(use: string): string {
  return `it is not installed; install it with: parley plugins add ${use}`
}

async function load(importing: () => Promise<object>): Promise<object> {
  try {
    return await importing()
  } catch (error) {
    const name = error instanceof Error ? error.name : 'Error'
    const text = error instanceof Error ? error.message : String(error)
    throw new Error(`its module cannot be loaded: ${name === 'Error' ? '' : `${name}: `}${text}`, { cause: error })
  }
}
