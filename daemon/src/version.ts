import manifest from '../package.json' with { type: 'json' }

/** The version of this program, as its package says. Shown to people, never compared: protocols have numbers. */
export const version: string = manifest.version
