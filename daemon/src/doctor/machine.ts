import { statfs } from 'node:fs/promises'
import type { Storage } from '@parley/kit'
import { limits } from '../limits.ts'
import { version } from '../version.ts'
import { type Check, failed, ok, warning } from './doctor.ts'

/** The program, and the Node that runs it. */
export function versionCheck(node = process.versions): Check {
  return {
    about: 'version',
    look() {
      const words = `Parley ${version} runs on Node ${node.node}.`
      const [major = 0] = node.node.split('.').map(Number)
      if (major >= 24) return ok(words)
      return warning(
        `${words} Its links do not withstand a quantum computer of the future.`,
        'Install Node 24 or newer; Parley finds it by itself.',
      )
    },
  }
}

/** Whether storage takes a write, gives it back, and how long that takes. The row is gone afterwards. */
export function storageCheck(storage: Storage, now: () => number): Check {
  const key = 'doctor'
  return {
    about: 'storage',
    async look() {
      const value = Buffer.from(String(now()))
      const began = performance.now()
      await storage.write([{ put: key, value, expires: now() + limits.doctorCheck }])
      const took = Math.round(performance.now() - began)
      const [read] = await storage.get([key])
      await storage.write([{ remove: key }])
      if (!read || !value.equals(read)) {
        return failed('Storage gave back something else than was written.', 'Restore a backup, and check the disk.')
      }
      const words = `Storage took a write in ${took} ms.`
      if (!storage.durable) return warning(`${words} It does not survive a power cut.`, 'Use storage that is durable.')
      if (took < limits.doctorSlowCommit) return ok(words)
      return warning(words, 'The disk is slow or busy. Put the home on a local disk.')
    },
  }
}

/** Room on the disk of the home. */
export function spaceCheck(home: string, stat: typeof statfs = statfs): Check {
  return {
    about: 'disk',
    async look() {
      const { bavail, bsize } = await stat(home)
      const free = bavail * bsize
      const words = `${free >= 1e9 ? `${(free / 1e9).toFixed(1)} GB` : `${Math.round(free / 1e6)} MB`} are free where the home is.`
      if (free < limits.doctorNoSpace) return failed(words, 'Make room: without it no message can be stored.')
      return free < limits.doctorSpace ? warning(words, 'Make room before it runs out.') : ok(words)
    },
  }
}
