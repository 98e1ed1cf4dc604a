import * as l10n from '@vscode/l10n'
import { useContext, useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Place } from '../../src/chat/messages.ts'
import { limits } from '../limits.ts'
import { Icon } from '../style/icon.tsx'
import type { Fence } from './content.ts'
import { highlight, isLearned, type Run } from './highlight.ts'
import { markCode } from './marks.ts'
import { ActionsOf, titleOf } from './pressable.tsx'
import { useSaid } from './said.ts'
import { useSideways } from './sideways.ts'

/** A block of code, with where it comes from and what can be done with it. */
export function CodeBlock({ fence }: { readonly fence: Fence }) {
  const { language, place, code, whole = code } = fence
  const { isTabStop, onPlace, onCopy } = useContext(ActionsOf)
  const [said, say] = useSaid()
  const tabIndex = isTabStop ? 0 : -1
  const open = async () => {
    if (place && !(await onPlace(place).catch(() => true))) say(l10n.t('Not in this workspace'))
  }
  const copy = () => {
    onCopy(whole)
    say(l10n.t('Copied'))
  }
  return (
    <div class="code" dir="ltr">
      <div class="code-head">
        <span class="code-from">
          {place ? (
            // For the pointer alone: the keyboard has *Open*.
            <button type="button" class="code-place" tabIndex={-1} title={titleOf(place)} onClick={open}>
              {describe(place)}
            </button>
          ) : (
            language
          )}
        </span>
        <span class="code-said" role="status">
          {said}
        </span>
        {place && (
          <button type="button" class="code-button" tabIndex={tabIndex} onClick={open}>
            <Icon name="go-to-file" />
            <span>{l10n.t('Open')}</span>
          </button>
        )}
        <button type="button" class="code-button" tabIndex={tabIndex} onClick={copy}>
          <Icon name="copy" />
          <span>{l10n.t('Copy')}</span>
        </button>
      </div>
      <Code code={code} language={language || (place ? endingOf(place.path) : '')} />
    </div>
  )
}

/** Code in its colours: small blocks at once, larger ones and the first of a language when the page has time for it. */
function Code({ code, language }: Pick<Fence, 'code' | 'language'>) {
  const element = useRef<HTMLPreElement>(null)
  const tabIndex = useSideways(element)
  const atOnce = useMemo(() => {
    const isQuick = code.length <= limits.highlightAtOnce && isLearned(language)
    return isQuick ? highlight(code, language) : undefined
  }, [code, language])
  const [later, setLater] = useState<{ readonly code: string; readonly runs: readonly Run[] | undefined }>()
  useEffect(() => {
    if (atOnce || code.length > limits.highlight || !element.current) return
    return whenSeen(element.current, () => setLater({ code, runs: highlight(code, language) }))
  }, [atOnce, code, language])
  const runs = atOnce ?? (later?.code === code ? later.runs : undefined) ?? [{ text: code }]
  return (
    <pre ref={element} tabIndex={tabIndex}>
      <code>
        {runs.map(({ text, colour }, index) => (
          <Coloured key={index} text={text} {...(colour && { colour })} />
        ))}
      </code>
    </pre>
  )
}

function Coloured({ text, colour }: Run) {
  const parts = useMemo(() => markCode(text), [text])
  const children = parts.map((part, index) =>
    part.is === 'mark' ? (
      <span key={index} class="text-mark">
        {part.text}
      </span>
    ) : (
      part.text
    ),
  )
  return <span class={colour && `code-${colour}`}>{children}</span>
}

/** Acts once, when the element has come into sight and the page has nothing else to do. Gives what cancels it. */
function whenSeen(element: Element, action: () => void): () => void {
  let idle = 0
  const observer = new IntersectionObserver(entries => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return
    observer.disconnect()
    // Safari, where somebody may show an editor of the web, is never idle.
    if ('requestIdleCallback' in window) idle = requestIdleCallback(action, { timeout: limits.highlightWait })
    else action()
  })
  observer.observe(element)
  return () => {
    observer.disconnect()
    if (idle) cancelIdleCallback(idle)
  }
}

/** `src/a.ts:3–7`. */
function describe({ path, line, endLine }: Place): string {
  return `${path}:${line}${endLine === undefined ? '' : `–${endLine}`}`
}

function endingOf(path: string): string {
  return /\.(\w{1,12})$/.exec(path)?.[1] ?? ''
}
