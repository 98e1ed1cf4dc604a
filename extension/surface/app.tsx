import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { ChatView, SurfaceAction } from '../src/chat/messages.ts'
import type { Host } from './bridge.ts'
import type { Chat } from './chat/chat.ts'
import type { ChatState } from './chat/state.ts'
import { Composer } from './composer/composer.tsx'
import { Header } from './header/header.tsx'
import { MessageList, type MessageListHandle } from './list/message-list.tsx'
import type { Surroundings } from './list/message-row.tsx'
import { datesIn, startOfDay } from './model/dates.ts'
import { whyNotWritten } from './model/notice.ts'
import { rowsOf } from './model/rows.ts'
import type { ComposerHandle } from './parts.ts'
import { Announcer } from './states/announcer.tsx'
import { Bar } from './states/bar.tsx'
import { Edge } from './states/edge.tsx'
import { Empty } from './states/empty.tsx'
import { Jump } from './states/jump.tsx'
import { Failed, Opening } from './states/opening.tsx'

export interface AppProps {
  readonly chat: Chat
  readonly host: Host
}

/** The whole surface: what is shown follows from the chat's state alone. */
export function App({ chat, host }: AppProps) {
  const state = useChatState(chat)
  const act = useCallback((what: SurfaceAction) => void host.ask('act', { what }).catch(() => {}), [host])
  const { view, opening } = state
  return (
    <div class="surface">
      {view === undefined ? (
        typeof opening === 'object' ? (
          <Failed why={opening.why} onRetry={() => void chat.open()} act={act} />
        ) : (
          <Opening />
        )
      ) : (
        <OpenChat chat={chat} host={host} state={state} view={view} act={act} />
      )}
      <Announcer chat={chat} />
    </div>
  )
}

interface OpenChatProps extends AppProps {
  readonly state: ChatState
  readonly view: ChatView
  readonly act: (what: SurfaceAction) => void
}

function OpenChat({ chat, host, state, view, act }: OpenChatProps) {
  const { held, unsent, newLine, start, before, after, isInSight } = state
  const { user, name } = view.account
  const list = useRef<MessageListHandle>(null)
  const composer = useRef<ComposerHandle>(null)
  const [isAtEnd, setAtEnd] = useState(true)
  const rows = useMemo(
    () => rowsOf({ held, unsent, newLine, self: { user, name } }),
    [held, unsent, newLine, user, name],
  )
  const write = useCallback(() => composer.current?.focus(), [])
  const around = useSurroundings({ chat, host, state, view, write })
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

  return (
    <>
      <Header view={view} locale={state.locale} act={act} />
      <Bar view={view} act={act} />
      <main class="list-area">
        {rows.length === 0 ? (
          <Empty person={view.conversation.person} isSilent={whyNotWritten(view) !== undefined} onWrite={write} />
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
      <Composer
        ref={composer}
        draft={state.draft}
        person={view.conversation.person.displayName}
        sendWith={view.sendWith}
        isClassic={view.conversation.person.via === 'classic'}
        disabled={whyNotWritten(view)}
        onSend={text => {
          chat.send(text)
          list.current?.toEnd()
        }}
        onDraft={draft => chat.draft.write(draft)}
        onSelection={async () => (await host.ask('selection', {}))?.text}
        onLeave={() => list.current?.focus()}
      />
    </>
  )
}

function useChatState(chat: Chat): ChatState {
  const [state, setState] = useState(chat.store.state)
  useEffect(() => {
    setState(chat.store.state)
    return chat.store.subscribe(() => setState(chat.store.state))
  }, [chat])
  return state
}

interface SurroundingsOf extends AppProps {
  readonly state: ChatState
  readonly view: ChatView
  /** The focus goes to the composer. */
  readonly write: () => void
}

/** What rows need, the same object until some of it changes: so that a row is drawn again only when it has to be. */
function useSurroundings({ chat, host, state, view, write }: SurroundingsOf): Surroundings {
  const { locale } = state
  const { user } = view.conversation.person
  const person = view.conversation.person.displayName
  const self = view.account.displayName
  const now = startOfDay(Date.now())
  return useMemo(
    () => ({
      dates: datesIn(locale),
      now,
      person,
      nameOf: ({ mine, name, user: of }) => (mine ? self : of === user ? person : name),
      onLink: href => void host.ask('openLink', { href }).catch(() => {}),
      onPlace: async place => (await host.ask('openPlace', place)).opened,
      onCopy: text => void host.ask('copy', { text }).catch(() => {}),
      onRetry: message => chat.retry(message),
      onEdit: message => {
        chat.edit(message)
        write()
      },
      onDiscard: message => {
        chat.discard(message)
        write()
      },
    }),
    [chat, host, write, locale, now, person, self, user],
  )
}
