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
  /** Whether the hub has taken the message that they belong to. */
  readonly isTaken: boolean
  readonly isTabStop: boolean
}

/** The files of a message: pictures as such, the others as cards. */
export function FilesOf({ files, around, isTaken, isTabStop }: FilesOfProps) {
  return (
    <div class="files">
      {files.map((file, index) => (
        <OneFile key={`${index} ${file.hash}`} file={file} around={around} isTaken={isTaken} isTabStop={isTabStop} />
      ))}
    </div>
  )
}

function OneFile({ file, around, isTaken, isTabStop }: Omit<FilesOfProps, 'files'> & { readonly file: FileInfo }) {
  const progress = useProgress(around.files, file.hash)
  const isHere = file.path !== undefined || progress?.path !== undefined
  const isOnItsWay = !isHere && progress !== undefined && progress.why === undefined
  const hasFailed = !isHere && progress?.why !== undefined
  const words = isHere ? undefined : (progress?.why ?? progress?.waiting)
  const [word, label, act] = isHere
    ? [l10n.t('Save…'), l10n.t('Save {0}…', file.name), () => around.files.save(file)]
    : isOnItsWay
      ? [l10n.t('Cancel'), l10n.t('Cancel fetching {0}', file.name), () => around.files.cancel(file)]
      : [l10n.t('Download'), l10n.t('Download {0}', file.name), () => around.files.fetch(file)]
  const tab = isTabStop ? 0 : -1
  return (
    <div class="file">
      {isPicture(file) && isHere && <Picture file={file} files={around.files} isTaken={isTaken} />}
      <div class="file-card">
        <Icon name="file" />
        <span class="file-name" dir="auto" title={file.name}>
          {file.name}
        </span>
        <span class="file-size">{sizeWords(file.size, around.locale)}</span>
        {isOnItsWay && words === undefined && (
          <progress class="file-progress" aria-label={file.name} max={Math.max(1, file.size)} value={progress.done} />
        )}
        {/* One button for all, so that the focus stays on it. */}
        <button type="button" class="button is-secondary" tabIndex={tab} aria-label={label} onClick={act}>
          {word}
        </button>
        {words !== undefined && (
          <span class={hasFailed ? 'file-words is-failed' : 'file-words'} role={hasFailed ? 'alert' : undefined}>
            {words}
          </span>
        )}
      </div>
    </div>
  )
}

interface PictureProps extends Pick<FilesOfProps, 'isTaken'> {
  readonly file: FileInfo
  readonly files: Files
}

/** Its place is kept before it is there, so that nothing moves when it comes. */
function Picture({ file, files, isTaken }: PictureProps) {
  const [address, setAddress] = useState<string>()
  useEffect(() => {
    let isHere = true
    // Of a message that was kept over a reload it may not be had before.
    void files.image(file).then(found => isHere && setAddress(known => found ?? known))
    return () => {
      isHere = false
    }
  }, [files, file.hash, isTaken])
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
