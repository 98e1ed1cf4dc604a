import Mocha from 'mocha'

/**
 * Runs what `suite` describes, or its tests whose title has `about` in it, in a mocha of its own; gives the titles that
 * failed.
 */
export async function failuresOf(suite: () => void, about?: string): Promise<string[]> {
  const mocha = new Mocha({
    reporter: Mocha.reporters.Base,
    timeout: 5_000,
    ...(about === undefined ? {} : { fgrep: about }),
  })
  const { describe, it } = globalThis
  mocha.suite.emit('pre-require', globalThis, '', mocha)
  try {
    suite()
  } finally {
    Object.assign(globalThis, { describe, it })
  }
  const failures: string[] = []
  const ended = Promise.withResolvers<void>()
  const runner = mocha.run(() => ended.resolve()).on('fail', test => failures.push(test.fullTitle()))
  await ended.promise
  runner.dispose()
  return failures
}
