import type { Auth, Guards, Observers, Offer, Plugin, SearchIndex, Storage } from '@parley/kit'
import { suggestion } from '../suggest.ts'

/** The versions of the contracts that this host speaks. */
const apis: readonly unknown[] = [1]

/** A module's default export as a plugin. @throws Error with the rest of a sentence */
export function asPlugin(value: unknown): Plugin {
  const fault = pluginFault(value)
  if (fault !== undefined) throw new Error(fault)
  return value as Plugin
}

/** What `setup` gave as an offer. @throws Error with the rest of a sentence */
export function asOffer(value: unknown): Offer {
  const fault = offerFault(value)
  if (fault !== undefined) throw new Error(fault)
  return value as Offer
}

function pluginFault(value: unknown): string | undefined {
  if (!isRecord(value)) return 'its default export is no plugin'
  const { name, api, setup, optionsSchema, parseOptions } = value
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name)) {
    return 'its name is not up to 64 of a-z, 0-9, dot, dash and underscore'
  }
  if (!apis.includes(api))
    return `it is made for version ${String(api)} of the plugin contracts; this Parley speaks ${apis.join(', ')}`
  if (typeof setup !== 'function') return 'it has no setup function'
  if (optionsSchema !== undefined && !isRecord(optionsSchema)) return 'its optionsSchema is no object'
  if (parseOptions !== undefined && typeof parseOptions !== 'function') return 'its parseOptions is no function'
  return undefined
}

const offerKeys = [
  'storage',
  'search',
  'auth',
  'guards',
  'observers',
  'close',
] as const satisfies readonly (keyof Offer)[]

function offerFault(value: unknown): string | undefined {
  if (!isRecord(value)) return 'its setup gave no offer'
  const unknown = Object.keys(value).find(key => !offerKeys.some(known => known === key))
  if (unknown !== undefined) {
    return `it offers ${JSON.stringify(unknown)}, which this Parley does not know${suggestion(unknown, offerKeys)}`
  }
  if (value.storage !== undefined && !isStorage(value.storage)) return 'its storage lacks durable, get, list or write'
  if (value.search !== undefined && !isSearch(value.search)) {
    return 'its search lacks identity, put, remove, search or clear'
  }
  if (value.auth !== undefined && !isAuth(value.auth)) return 'its auth lacks mechanism or signIn'
  const hooks =
    hooksFault('guards', value.guards, guardNames) ?? hooksFault('observers', value.observers, observerNames)
  if (hooks !== undefined) return hooks
  if (value.close !== undefined && typeof value.close !== 'function') return 'its close is no function'
  return undefined
}

const guardNames = ['signUp', 'signIn', 'send', 'receive'] as const satisfies readonly (keyof Guards)[]
const observerNames = ['signedUp', 'signedIn', 'sent', 'received'] as const satisfies readonly (keyof Observers)[]

function hooksFault(what: string, value: unknown, names: readonly string[]): string | undefined {
  if (value === undefined) return undefined
  if (!isRecord(value)) return `its ${what} are no object of functions`
  for (const [name, hook] of Object.entries(value)) {
    if (hook === undefined) continue
    if (!names.includes(name)) {
      return `its ${what} have ${JSON.stringify(name)}, which this Parley does not know${suggestion(name, names)}`
    }
    if (typeof hook !== 'function') return `its ${what} have a ${name} that is no function`
  }
  return undefined
}

function isStorage(value: unknown): value is Storage {
  if (!isRecord(value) || typeof value.durable !== 'boolean') return false
  return ['get', 'list', 'write'].every(method => typeof value[method] === 'function')
}

function isSearch(value: unknown): value is SearchIndex {
  const methods = ['identity', 'put', 'remove', 'search', 'clear']
  return isRecord(value) && methods.every(method => typeof value[method] === 'function')
}

function isAuth(value: unknown): value is Auth {
  if (!isRecord(value) || typeof value.mechanism !== 'string' || value.mechanism === '') return false
  return typeof value.signIn === 'function' && ['function', 'undefined'].includes(typeof value.enrol)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
