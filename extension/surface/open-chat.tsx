import { personOf, titleOf } from '@parley/daemon/protocol/conversation-infos'
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { ChatView, SurfaceAction } from '../src/chat/messages.ts'
import type { Host } from './bridge.ts'
import type { Chat } from './chat/chat.ts'
import type { ChatState } from './chat/state.ts'
import { Composer } from './composer/composer.tsx'
import { Header } from './header/header.tsx'
import { MessageList, type MessageListHandle } from './list/message-list.tsx'
import { mentionsIn } from './model/mentions.ts'
import { whyNotWritten } from './model/notice.ts'
import { peopleOf } from './model/people.ts'
import { type Row, rowsOf } from './model/rows.ts'
import type { ComposerHandle } from './parts.ts'
import { Bar } from './states/bar.tsx'
import { Edge } from './states/edge.tsx'
import { EmojiPicker } from './states/emoji-picker.tsx'
import { Empty } from './states/empty.tsx'
import { Jump } from './states/jump.tsx'
import { Problem } from './states/problem.tsx'
import { ReachedList } from './states/reached-list.tsx'
import { TypingLine } from './states/typing-line.tsx'
import { useAttached } from './use-attached.ts'
import { useDrop } from './use-drop.ts'
import { useSurroundings } from './use-surroundings.ts'
import { useWriting } from './use-writing.ts'

export interface OpenChatProps {
  readonly chat: Chat
  readonly host: Host
  readonly state: ChatState
  readonly view: ChatView
  readonly act: (what: SurfaceAction) => void
}

/** A chat that is open: who, what was said, and where one writes. */
export function OpenChat({ chat, host, state, view, act }: OpenChatProps) {
  const { held, unsent, newLine, start, before, after, isInSight, members } = state
  const { user, name } = view.account
  const list = useRef<MessageListHandle>(null)
  const composer = useRef<ComposerHandle>(null)
  const [isAtEnd, setAtEnd] = useState(true)
  const [beside, setBeside] = useState<Beside>()
  const rows = useMemo(
    () => rowsOf({ held, unsent, newLine, self: { user, name } }),
    [held, unsent, newLine, user, name],
  )
  const people = useMemo(
    () => peopleOf(view, members),
    // The rest of the view changes with each message and each word that somebody writes.
    [JSON.stringify(personOf(view.conversation)), titleOf(view.conversation), standingIn(view), view.account, members],
  )
  const write = useCallback(() => composer.current?.focus(), [])
  const silent = whyNotWritten(view)
  const writing = useWriting(chat, people, write)
  const complain = useCallback((problem: string) => chat.store.set({ problem }), [chat])
  const attaching = useAttached(host, complain)
  useDrop(silent === undefined && !people.isClassic ? attaching.add : undefined)
  const open = useCallback((is: Beside['is'], row: Row, by: HTMLElement) => setBeside({ is, row, by }), [])
  const around = useSurroundings({
    chat,
    host,
    state,
    view,
    people,
    mayAct: silent === undefined,
    write,
    writing,
    open,
  })
  const toLatest = async () => {
    await chat.pages.latest()
    list.current?.toEnd()
    write()
  }
  const focusLast = async () => {
    await chat.pages.latest()
    list.current?.focusLast()
  }
  useEffect(() => {
    // Who comes to the chat wants to write, unless something else had the focus when they went.
    const come = () => document.activeElement === document.body && write()
    window.addEventListener('focus', come)
    return () => window.removeEventListener('focus', come)
  }, [write])
  useLayoutEffect(() => {
    chat.obey({
      insert: text => composer.current?.insert(text),
      focus: what => (what === 'composer' ? write() : void focusLast()),
    })
  }, [chat, write])
  const close = () => setBeside(undefined)

  return (
    <>
      <Header view={view} locale={state.locale} act={act} />
      <Bar view={view} act={act} />
      <main class="list-area">
        {rows.length === 0 ? (
          <Empty conversation={view.conversation} isSilent={silent !== undefined} onWrite={write} />
        ) : (
          <MessageList
            key={start.drawing}
            ref={list}
            rows={rows}
            around={around}
            at={start.at}
            isToEnd={!held.moreAfter}
            isLoading={before === 'loading' || after === 'loading'}
            isInSight={isInSight}
            onSight={inSight => chat.sees(inSight)}
            onNearStart={() => before === 'idle' && void chat.pages.older()}
            onNearEnd={() => after === 'idle' && void chat.pages.newer()}
            onEnd={setAtEnd}
            onLeave={write}
          />
        )}
        <Edge at="top" loading={before} onRetry={() => void chat.pages.older()} />
        <Edge at="bottom" loading={after} onRetry={() => void chat.pages.newer()} />
        {!isAtEnd && rows.length > 0 && <Jump count={view.conversation.unread} onJump={() => void toLatest()} />}
      </main>
      <TypingLine typing={view.conversation.typing} />
      <Problem why={state.problem} onClose={() => chat.acts.dismiss()} />
      <Composer
        ref={composer}
        draft={writing.draft(state.draft)}
        person={titleOf(view.conversation)}
        sendWith={view.sendWith}
        isClassic={people.isClassic}
        disabled={silent}
        people={people}
        context={writing.context}
        attaching={attaching}
        onSend={text => {
          // What is written anew keeps the files that it has.
          if (writing.send(text)) return true
          const files = attaching.take()
          if (files === undefined || (files.length === 0 && text === '')) return false
          const mentions = mentionsIn(text, people)
          chat.send(text, {
            ...writing.enclosed,
            ...(mentions.length > 0 && { mentions }),
            ...(files.length > 0 && { files }),
          })
          writing.sent()
          list.current?.toEnd()
          return true
        }}
        onDraft={draft => writing.wrote(draft)}
        onEditLast={() => writing.editLast(rows)}
        onSelection={async () => (await host.ask('selection', {}))?.text}
        onLeave={() => list.current?.focus()}
      />
      {beside?.is === 'pick' && (
        <EmojiPicker by={beside.by} onPick={emoji => chat.acts.react(beside.row, emoji, true)} onClose={close} />
      )}
      {beside?.is === 'reached' && (
        <ReachedList host={host} message={beside.row.message} by={beside.by} onClose={close} />
      )}
    </>
  )
}

/** What is open beside a message. */
interface Beside {
  readonly is: 'pick' | 'reached'
  readonly row: Row
  readonly by: HTMLElement
}

function standingIn({ conversation }: ChatView): string {
  return conversation.kind === 'room' ? conversation.room.standing : ''
}
