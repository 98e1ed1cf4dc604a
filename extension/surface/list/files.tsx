import type { FileInfo } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import { useEffect, useReducer, useState } from 'preact/hooks'
import { sizeWords } from '../../src/shared/size-words.ts'
import { type Files, isPicture } from '../chat/files.ts'
import { limits } from '../limits.ts'
import { Icon } from '../style/icon.tsx'
import type { Surroundings } from './message-row.tsx'

export interface FilesOfProps {
  readonly files: readonly FileInfo[]
  readonly around: Surroundings
  readonly isTabStop: boolean
}

/** The files of a message: pictures as such, the others as cards. */
export function FilesOf({ files, around, isTabStop }: FilesOfProps) {
  return (
    <div class="files">
      {files.map((file, index) => (
        <OneFile key={`${index} ${file.hash}`} file={file} around={around} isTabStop={isTabStop} />
      ))}
    </div>
  )
}

function OneFile({ file, around, isTabStop }: Omit<FilesOfProps, 'files'> & { readonly file: FileInfo }) {
  const progress = useProgress(around.files, file.hash)
  const isHere = file.path !== undefined || progress?.path !== undefined
  const isOnItsWay = !isHere && progress !== undefined && progress.waiting === undefined
  const tab = isTabStop ? 0 : -1
  return (
    <div class="file">
      {isPicture(file) && isHere && <Picture file={file} files={around.files} />}
      <div class="file-card">
        <Icon name="file" />
        <span class="file-name" dir="auto" title={file.name}>
          {file.name}
        </span>
        <span class="file-size">{progress?.waiting ?? sizeWords(file.size, around.locale)}</span>
        {isOnItsWay && (
          <progress class="file-progress" aria-label={file.name} max={Math.max(1, file.size)} value={progress.done} />
        )}
        {!isHere && !isOnItsWay && (
          <button
            type="button"
            class="button is-secondary"
            tabIndex={tab}
            aria-label={l10n.t('Download {0}', file.name)}
            onClick={() => around.files.fetch(file)}
          >
            {l10n.t('Download')}
          </button>
        )}
        {isHere && (
          <button
            type="button"
            class="button is-secondary"
            tabIndex={tab}
            aria-label={l10n.t('Save {0}…', file.name)}
            onClick={() => around.files.save(file)}
          >
            {l10n.t('Save…')}
          </button>
        )}
      </div>
    </div>
  )
}

/** Its place is kept before it is there, so that nothing moves when it comes. */
function Picture({ file, files }: { readonly file: FileInfo; readonly files: Files }) {
  const [address, setAddress] = useState<string>()
  useEffect(() => {
    let isHere = true
    void files.image(file).then(found => isHere && setAddress(found))
    return () => {
      isHere = false
    }
  }, [files, file.hash])
  const { width = 1, height = 1, name } = file
  const scale = Math.min(1, limits.imageWidth / width, limits.imageHeight / height)
  const style = { width: `${Math.max(16, width * scale)}px`, aspectRatio: `${width} / ${height}` }
  return (
    <div class="picture" style={style}>
      {address !== undefined && <img src={address} alt={name} draggable={false} />}
    </div>
  )
}

/** How far a file has come; drawn again when that changes. */
function useProgress(files: Files, hash: string) {
  const [, again] = useReducer((count: number) => count + 1, 0)
  useEffect(() => files.subscribe(changed => changed === hash && again(undefined)), [files, hash])
  return files.progress(hash)
}
