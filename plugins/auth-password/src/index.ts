import { definePlugin } from '@parley/kit'
import { ready, server } from '@serenity-kit/opaque'
import { bytes, text } from './base64.ts'
import { opaqueAuth } from './opaque.ts'

/** Sign-in by a password that the registry never sees: the mechanism `opaque`. */
export default definePlugin({
  name: 'auth-password',
  api: 1,
  optionsSchema: { type: 'object', additionalProperties: false },
  async setup(host) {
    await ready
    // Whoever has the server setup can guess passwords offline, and without it no account can sign in: a sealed secret.
    const setup = await host.secret('opaque-setup', () => bytes(server.createSetup()))
    return { auth: opaqueAuth(text(setup)) }
  },
})
