import * as l10n from '@vscode/l10n'
import { useId, useImperativeHandle, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { ComposerProps } from '../parts.ts'
import { Icon } from '../style/icon.tsx'
import { useSaid } from '../text/said.ts'
import { AttachedList } from './attached-list.tsx'
import { ContextBar } from './context-bar.tsx'
import { grow, growsByItself, put, setValue } from './field.ts'
import { insertFence, insertText } from './insertion.ts'
import { actionOf } from './keys.ts'
import { MentionList } from './mention-list.tsx'
import { Recall } from './recall.ts'
import { type Size, sizeOf } from './size.ts'
import { useMentions } from './use-mentions.ts'
import { hintOf, sizeInWords } from './words.ts'

/** Where one writes: always there, with what Enter does beside it. */
export function Composer(props: ComposerProps) {
  const {
    draft,
    person,
    sendWith,
    isClassic,
    onSend,
    onDraft,
    onSelection,
    onLeave,
    disabled,
    context,
    people,
    attaching,
  } = props
  const field = useRef<HTMLTextAreaElement>(null)
  const isComposing = useRef(false)
  const told = useRef(draft)
  const [recall] = useState(() => new Recall())
  const [size, setSize] = useState<Size>({ is: 'fine' })
  const [isEmpty, setEmpty] = useState(draft.trim() === '')
  const [said, say] = useSaid()
  const hint = useId()
  const list = useId()
  const mentions = useMentions(field, people)
  const hasFiles = attaching.attached.some(({ state }) => state.is !== 'failed')
  const isChoosing = mentions.offered.length > 0

  const look = (text: string) => {
    setSize(sizeOf(text, isClassic))
    setEmpty(text.trim() === '')
    if (field.current && !growsByItself) grow(field.current)
  }

  const changed = (text: string) => {
    told.current = text
    recall.changed(text)
    look(text)
    if (said !== '') say('')
    onDraft(text)
    mentions.look()
  }

  // What the app gives replaces what is shown, unless that is what it was told, or an input method is at work.
  useLayoutEffect(() => {
    const element = field.current
    if (!element || isComposing.current || element.value === draft || told.current !== element.value) return
    setValue(element, draft)
    told.current = draft
    recall.changed(draft)
    look(draft)
  }, [draft])

  useLayoutEffect(() => {
    const element = field.current
    if (!element) return
    setValue(element, draft)
    look(draft)
  }, [])

  const send = () => {
    const element = field.current
    if (!element || disabled !== undefined || (element.value.trim() === '' && !hasFiles)) return
    const text = element.value.trim() === '' ? '' : element.value
    if (sizeOf(text).is === 'over') return say(sizeInWords(sizeOf(text)))
    if (!onSend(text)) return say(l10n.t('Some files are still being added.'))
    recall.sent(text)
    setValue(element, '')
    told.current = ''
    look('')
    mentions.close()
    element.focus()
  }

  const insert = (text: string) => {
    const element = field.current
    if (element) put(element, insertText(element.value, element.selectionStart, element.selectionEnd, text))
  }

  const insertCode = () => {
    const element = field.current
    if (element) put(element, insertFence(element.value, element.selectionStart, element.selectionEnd))
  }

  const insertSelection = async () => {
    const text = await onSelection().catch(() => undefined)
    if (text) insert(text)
    else say(l10n.t('Nothing is selected in the editor. Select some lines there first.'))
  }

  useImperativeHandle(props.ref ?? null, () => ({ focus: () => field.current?.focus(), insert }), [])

  const onKeyDown = (event: KeyboardEvent) => {
    const element = field.current
    if (!element) return
    if (mentions.takes(event)) {
      event.preventDefault()
      event.stopPropagation()
      return
    }
    const action = actionOf(event, sendWith, element.value === '')
    if (action === 'nothing') return
    const isEdit = action === 'recall' && !context && props.onEditLast()
    if (action === 'recall' && !isEdit && recall.last === '') return
    event.preventDefault()
    // The editor takes each key that comes through, and its own F6 would take the focus elsewhere.
    event.stopPropagation()
    if (isEdit) return
    if (action === 'send') send()
    else if (action === 'leave') (event.key === 'Escape' && context ? context.onCancel : onLeave)()
    else if (action === 'recall') insert(recall.last)
    else put(element, insertText(element.value, element.selectionStart, element.selectionEnd, '\n'))
  }

  const isOver = size.is === 'over'
  const [sends, newLine] = hintOf(sendWith)
  return (
    <section
      class={`composer${disabled === undefined ? '' : ' is-disabled'}${isOver ? ' is-over' : ''}`}
      aria-label={l10n.t('Write to {0}', person)}
    >
      {context && <ContextBar {...context} />}
      {isChoosing && (
        <MentionList id={list} offered={mentions.offered} active={mentions.active} onPick={mentions.pick} />
      )}
      <textarea
        ref={field}
        aria-autocomplete="list"
        aria-haspopup="listbox"
        aria-controls={isChoosing ? list : undefined}
        aria-activedescendant={isChoosing ? `${list}-${mentions.active}` : undefined}
        class="composer-field"
        dir="auto"
        rows={1}
        placeholder={disabled ?? l10n.t('Message {0}', person)}
        aria-label={l10n.t('Message {0}', person)}
        aria-describedby={hint}
        aria-invalid={isOver}
        disabled={disabled !== undefined}
        onInput={({ currentTarget }) => changed(currentTarget.value)}
        onKeyDown={onKeyDown}
        onSelect={mentions.look}
        onPaste={event => {
          const files = [...(event.clipboardData?.files ?? [])]
          if (files.length === 0 || isClassic) return
          event.preventDefault()
          attaching.add(files)
        }}
        onBlur={mentions.close}
        onCompositionStart={() => {
          isComposing.current = true
        }}
        onCompositionEnd={() => {
          isComposing.current = false
        }}
      />
      <AttachedList attached={attaching.attached} onRemove={attaching.remove} />
      <div class="composer-row">
        <button
          type="button"
          class="composer-button"
          title={l10n.t('Insert what is selected in the editor')}
          disabled={disabled !== undefined}
          onClick={() => void insertSelection()}
        >
          <Icon name="list-selection" />
          <span>{l10n.t('Selection')}</span>
        </button>
        <button
          type="button"
          class="composer-button"
          title={l10n.t('Insert a block of code')}
          disabled={disabled !== undefined}
          onClick={insertCode}
        >
          <Icon name="code" />
          <span>{l10n.t('Code')}</span>
        </button>
        <button
          type="button"
          class="composer-button"
          title={l10n.t('Send files; they can be pasted and dropped here as well')}
          disabled={disabled !== undefined || isClassic}
          onClick={attaching.pick}
        >
          <Icon name="attach" />
          <span>{l10n.t('File')}</span>
        </button>
        <span class="composer-said" role="status">
          {/* What was written before hides the place where it is said. */}
          {(disabled !== undefined && !isEmpty ? disabled : said) || sizeInWords(size)}
        </span>
        <span class="composer-hint" id={hint}>
          {disabled === undefined && (
            <>
              {sends}
              <span class="composer-hint-more"> · {newLine}</span>
            </>
          )}
        </span>
        <button
          type="button"
          class="icon-button composer-send"
          aria-label={l10n.t('Send')}
          title={l10n.t('Send')}
          aria-disabled={(isEmpty && !hasFiles) || isOver || disabled !== undefined}
          onClick={send}
        >
          <Icon name="send" />
        </button>
      </div>
    </section>
  )
}
