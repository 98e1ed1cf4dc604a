import type { DataFormat } from '../plugins/format.ts'

/**
 * What a registry writes. 2: accounts can be disabled and deleted, devices denied and pending, and a registry of format 1,
 * which knows nothing of that, would let all of them in. The rows themselves are read as before.
 */
export const registryFormat: DataFormat = {
  number: 2,
  migrations: [{ from: 1, run: async () => {} }],
}
