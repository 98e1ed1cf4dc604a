import { runInCodeServer } from '../support/host/in-code-server.ts'
import type { HostResult } from '../support/host/results.ts'

// Each test inside the host is a test of this run: they are known only once they have run.
const results = await runInCodeServer().catch((error: Error): HostResult[] => [
  {
    path: ['the extension host', 'runs the suites'],
    state: 'failed',
    duration: 0,
    error: { message: error.message, stack: error.stack ?? '' },
  },
])

describe('inside the extension host', () => {
  for (const { path, state, error } of results) {
    it(path.join(': '), function () {
      if (state === 'skipped') this.skip()
      if (error) throw Object.assign(new Error(error.message), { stack: error.stack })
    })
  }
})
