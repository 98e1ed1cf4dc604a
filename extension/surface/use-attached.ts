import type { FileInfo } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import { useCallback, useMemo, useRef, useState } from 'preact/hooks'
import type { Host } from './bridge.ts'
import { sentence } from './chat/pages.ts'
import { limits } from './limits.ts'

/** A file that is to go with what is being written. */
export interface Attached {
  readonly key: number
  readonly name: string
  readonly size: number
  readonly state: { readonly is: 'adding' } | { readonly is: 'ready'; readonly file: FileInfo } | Failed
}

interface Failed {
  readonly is: 'failed'
  readonly why: string
}

export interface Attaching {
  readonly attached: readonly Attached[]
  /** Takes in what was pasted or dropped. */
  readonly add: (files: readonly File[]) => void
  /** Lets the person choose files. */
  readonly pick: () => void
  readonly remove: (key: number) => void
  /** Those that are ready, which go out now; `undefined`: some are still being added. */
  readonly take: () => readonly FileInfo[] | undefined
}

/** The files that go with the next message: each is with the hub before that is sent. */
export function useAttached(host: Host, complain: (why: string) => void): Attaching {
  const [attached, setAttached] = useState<readonly Attached[]>([])
  const lastKey = useRef(0)
  const now = useRef(attached)
  now.current = attached

  const settle = useCallback((key: number, state: Attached['state']) => {
    setAttached(all => all.map(one => (one.key === key ? { ...one, state } : one)))
  }, [])

  const add = useCallback(
    (files: readonly File[]) => {
      if (now.current.length + files.length > limits.files) {
        complain(l10n.t('A message takes at most {0} files.', limits.files))
        return
      }
      for (const file of files) {
        const key = ++lastKey.current
        const { name, size } = file
        const isTooLarge = size > limits.pasted
        const why = l10n.t('It is too large to be pasted or dropped: choose it with the button File.')
        const state: Attached['state'] = isTooLarge ? { is: 'failed', why } : { is: 'adding' }
        setAttached(all => [...all, { key, name, size, state }])
        if (isTooLarge) continue
        asBase64(file)
          .then(data => host.ask('addFile', { name: name || 'file', type: file.type, data }))
          .then(added => settle(key, { is: 'ready', file: added }))
          .catch(error => settle(key, { is: 'failed', why: sentence(error) }))
      }
    },
    [host, complain, settle],
  )

  const pick = useCallback(() => {
    host.ask('pickFiles', {}).then(
      ({ files }) => {
        const fresh = files.map(
          (file): Attached => ({
            key: ++lastKey.current,
            name: file.name,
            size: file.size,
            state: { is: 'ready', file },
          }),
        )
        if (now.current.length + fresh.length > limits.files) {
          complain(l10n.t('A message takes at most {0} files.', limits.files))
        } else setAttached(all => [...all, ...fresh])
      },
      error => complain(sentence(error)),
    )
  }, [host, complain])

  const remove = useCallback((key: number) => setAttached(all => all.filter(one => one.key !== key)), [])
  const take = useCallback(() => {
    const { current } = now
    if (current.some(({ state }) => state.is === 'adding')) return undefined
    const ready = current.flatMap(({ state }) => (state.is === 'ready' ? [state.file] : []))
    setAttached(all => all.filter(({ state }) => state.is !== 'ready'))
    return ready
  }, [])

  return useMemo(() => ({ attached, add, pick, remove, take }), [attached, add, pick, remove, take])
}

/** The bytes of a file as base64. Rejects when it cannot be read. */
function asBase64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ''))
    reader.onerror = () => reject(new Error(l10n.t('{0} cannot be read.', file.name)))
    reader.readAsDataURL(file)
  })
}
