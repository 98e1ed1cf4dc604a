import { batchTests } from './batches.ts'
import { crashTests } from './crash.ts'
import { durabilityTests } from './durability.ts'
import { expiryTests } from './expiry.ts'
import { limitTests } from './limits.ts'
import { listTests } from './lists.ts'
import { type OpenStorage, withStorage } from './subject.ts'
import { valueTests } from './values.ts'

export type { CrashModule } from './crash.ts'
export type { StorageSubject } from './subject.ts'

export interface StorageTests {
  /** What the storage must say of itself; a durable one is reopened and, with `crash`, killed. */
  readonly durable: boolean
  /** The plugin's module, for the tests that kill a process in the middle of its writes. */
  readonly crash?: import('./crash.ts').CrashModule
}

/**
 * Describes what every storage must do. `open` opens the storage of a folder, an empty one where the folder is new; the
 * same folder again is the same storage. Needs only `describe` and `it`, so any runner runs it.
 */
export function testStorage(open: OpenStorage, tests: StorageTests): void {
  describe('conforms to the storage contract', () => {
    it(`says that it ${tests.durable ? 'survives' : 'does not survive'} a power cut`, () =>
      withStorage(open, async storage => {
        if (storage.durable !== tests.durable) throw new Error(`durable is ${storage.durable}`)
      }))
    valueTests(open)
    listTests(open)
    batchTests(open)
    expiryTests(open)
    limitTests(open)
    if (tests.durable) durabilityTests(open)
    if (tests.crash) crashTests(open, tests.crash)
  })
}
