import { ParleyError } from '@parley/daemon/client/basics'
import type { ControlRequests, FileInfo } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import type { Hub } from '../hub/hub.ts'
import { limits } from '../limits.ts'
import { oneLine } from '../shared/harmless.ts'
import { shownFile } from '../shared/message.ts'
import type { SurfaceHandlers } from './check.ts'

/** What the editor does with files. */
export interface FileGround {
  /** Files that the person chooses, by their whole paths; none: they chose none. */
  pickFiles(): Promise<readonly string[]>
  /** Where the person wants a file of that name; `undefined`: nowhere. */
  pickPlace(name: string): Promise<string | undefined>
  /** Says that it was written, with ways to look at it. */
  saved(path: string): void
  readFile(path: string): Promise<Uint8Array>
}

/** Takes files in, and brings them out. */
export function fileHandlers(parts: {
  readonly hub: Hub
  readonly files: FileGround
  readonly conversation: string
  /** What was taken in here last, by hash. No message names it yet, so the hub does not give it as a file of this chat. */
  readonly added: Map<string, FileInfo>
}): Pick<SurfaceHandlers, 'addFile' | 'pickFiles' | 'fetchFile' | 'cancelFile' | 'saveFile' | 'image'> {
  const { hub, files, conversation, added } = parts
  const slow = { timeout: limits.addFile }
  const add = async (given: ControlRequests['addFile'][0]) => {
    const file = await hub.request('addFile', given, slow)
    const [oldest] = added.keys()
    if (added.size >= limits.filesOfMessage && oldest !== undefined) added.delete(oldest)
    added.set(file.hash, file)
    return file
  }
  return {
    addFile: async given => shownFile(await add(given)),
    pickFiles: async () => {
      const paths = await files.pickFiles()
      if (paths.length > limits.filesOfMessage) {
        throw new ParleyError('usage', l10n.t('A message takes at most {0} files.', limits.filesOfMessage))
      }
      const chosen = []
      for (const path of paths) chosen.push(shownFile(await add({ path })))
      return { files: chosen }
    },
    fetchFile: async ({ hash }) => {
      await hub.request('fetchFile', { conversation, hash }, { timeout: limits.longFetch })
      return null
    },
    cancelFile: async ({ hash }) => {
      await hub.request('cancelFile', { conversation, hash })
      return null
    },
    saveFile: async ({ hash, name }) => {
      // The name is another person's: what would leave the folder, or be a device of Windows, is not in it.
      const path = await files.pickPlace(safeName(name))
      if (path === undefined) return { saved: false }
      await hub.request('fetchFile', { conversation, hash }, { timeout: limits.longFetch })
      await hub.request('saveFile', { conversation, hash, path }, slow)
      files.saved(path)
      return { saved: true }
    },
    image: async ({ hash }) => {
      const { path, size } =
        added.get(hash) ?? (await hub.request('fetchFile', { conversation, hash }, { timeout: limits.longFetch }))
      if (path === undefined || size > limits.image) return null
      return { data: Buffer.from(await files.readFile(path)).toString('base64') }
    },
  }
}

/** The name of a file as every system takes it. */
export function safeName(name: string): string {
  const safe = oneLine(name, limits.fileName)
    .replace(/[\\/:*?"<>|]/g, '_')
    .replace(/^\.+|[. ]+$/g, '')
  return safe === '' || /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(safe) ? `file-${safe}` : safe
}
