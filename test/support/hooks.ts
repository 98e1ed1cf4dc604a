import type { RootHookObject } from 'mocha'

const unhandled: unknown[] = []
process.on('unhandledRejection', reason => unhandled.push(reason))

/** A rejection that nobody handles would end a daemon: here it fails the test that was running. */
export const mochaHooks: RootHookObject = {
  afterEach(done) {
    // Rejections are reported after the microtasks of the test.
    setImmediate(() => {
      const [first] = unhandled.splice(0)
      done(first === undefined ? undefined : new Error('a rejection was not handled', { cause: first }))
    })
  },
}
