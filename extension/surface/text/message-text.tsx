import * as l10n from '@vscode/l10n'
import { memo } from 'preact/compat'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { limits } from '../limits.ts'
import type { MessageTextProps } from '../parts.ts'
import { Icon } from '../style/icon.tsx'
import { Blocks } from './blocks.tsx'
import type { Block } from './content.ts'
import { isLong, normalised, readBeginning, readShort, readWhole } from './message.ts'
import { type Actions, ActionsOf } from './pressable.tsx'

/** The text of one message: markdown as harmless elements, with code, links and places that can be pressed. */
export const MessageText = memo(({ text, self = '', isTabStop = true, onLink, onPlace, onCopy }: MessageTextProps) => {
  const actions = useMemo<Actions>(
    () => ({ self, isTabStop, onLink, onPlace, onCopy }),
    [self, isTabStop, onLink, onPlace, onCopy],
  )
  const source = useMemo(() => normalised(text), [text])
  return (
    <ActionsOf.Provider value={actions}>
      {isLong(source) ? <Long text={source} isTabStop={isTabStop} /> : <Short text={source} />}
    </ActionsOf.Provider>
  )
})

function Short({ text }: { readonly text: string }) {
  const blocks = useMemo(() => readShort(text), [text])
  return <Blocks blocks={blocks} />
}

/** A long message shows its beginning, until somebody asks for all of it. */
function Long({ text, isTabStop }: { readonly text: string; readonly isTabStop: boolean }) {
  const [isWhole, setWhole] = useState(false)
  const beginning = useMemo(() => readBeginning(text), [text])
  const lines = useMemo(() => text.split('\n').length, [text])
  const all = lines > limits.foldTo.lines ? l10n.t('Show all {0} lines', lines) : l10n.t('Show all')
  return (
    <>
      {isWhole ? (
        <Whole key={text} text={text} />
      ) : (
        <div class="text-beginning">
          <Blocks blocks={beginning} />
        </div>
      )}
      <button
        type="button"
        class="text-more"
        aria-expanded={isWhole}
        tabIndex={isTabStop ? 0 : -1}
        onClick={({ currentTarget }) => {
          setWhole(!isWhole)
          // What one was reading is gone: the end of what is left comes into sight instead.
          if (isWhole) requestAnimationFrame(() => currentTarget.scrollIntoView({ block: 'nearest' }))
        }}
      >
        <Icon name={isWhole ? 'chevron-up' : 'chevron-down'} />
        {isWhole ? l10n.t('Show less') : all}
      </button>
    </>
  )
}

/** All of a long message, a slice in each frame. */
function Whole({ text }: { readonly text: string }) {
  const slices = useMemo(() => readWhole(text), [text])
  const [shown, setShown] = useState<readonly (readonly Block[])[]>([])
  useEffect(() => {
    let frame = requestAnimationFrame(function next() {
      const slice = slices.next()
      if (slice.done) return
      setShown(before => [...before, slice.value])
      frame = requestAnimationFrame(next)
    })
    return () => cancelAnimationFrame(frame)
  }, [slices])
  return shown.map((blocks, index) => <Blocks key={index} blocks={blocks} />)
}
