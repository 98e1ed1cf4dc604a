import type { Plugin } from '@parley/kit'
import { faultOf, type SchemaOf } from '../schema.ts'
import { resolveOptions } from './option-sources.ts'

/**
 * A plugin's options: what env and file name put in, held against the plugin's schema, then read by the plugin itself.
 * @throws Error with the rest of a sentence
 */
export function readOptions(
  plugin: Plugin,
  given: unknown,
  { dir, env, schemaOf }: { readonly dir: string; readonly env: NodeJS.ProcessEnv; readonly schemaOf: SchemaOf },
): unknown {
  const options = resolveOptions(given ?? {}, dir, env)
  const fault = plugin.optionsSchema && faultOf(plugin.optionsSchema, options, schemaOf)
  if (fault !== undefined) throw new Error(`its options are wrong: ${fault}`)
  if (!plugin.parseOptions) return options
  try {
    return plugin.parseOptions(options)
  } catch (error) {
    throw new Error(`its options are wrong: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
}
