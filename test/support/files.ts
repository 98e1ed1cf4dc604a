import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { FileStore } from '../../daemon/src/hub/files/store.ts'
import { ensureHome } from '../../daemon/src/locations.ts'
import { temporaryFolder } from './folder.ts'

export interface StoreHome extends AsyncDisposable {
  /** A folder beside the home, for what a person has. */
  readonly path: string
  readonly store: FileStore
  /** Called whenever the store looks how much room there is, which is before it reads a file. */
  asked: () => unknown
  write(name: string, bytes: Uint8Array): Promise<string>
}

/** A store of files in a home of its own. */
export async function storeOf(): Promise<StoreHome> {
  const folder = await temporaryFolder()
  const home: Omit<StoreHome, 'store'> = {
    path: folder.path,
    asked: () => {},
    async write(name, bytes) {
      const file = path.join(folder.path, name)
      await writeFile(file, bytes)
      return file
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
  const free = async () => {
    await home.asked()
    return Number.MAX_SAFE_INTEGER
  }
  return Object.assign(home, { store: await FileStore.open(ensureHome(path.join(folder.path, 'home')), { free }) })
}

/** The store of the home in that folder, as a restart finds it. */
export function storeIn(folder: string): Promise<FileStore> {
  return FileStore.open(ensureHome(path.join(folder, 'home')))
}
