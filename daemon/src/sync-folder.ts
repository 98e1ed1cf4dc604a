import { open } from 'node:fs/promises'

/** Makes the new name of a file in `folder` survive a power cut; Windows can neither open nor sync a folder. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
