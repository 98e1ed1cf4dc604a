import { useCallback, useEffect, useState } from 'preact/hooks'
import type { SurfaceAction } from '../src/chat/messages.ts'
import type { Host } from './bridge.ts'
import type { Chat } from './chat/chat.ts'
import type { ChatState } from './chat/state.ts'
import { OpenChat } from './open-chat.tsx'
import { Announcer } from './states/announcer.tsx'
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

function useChatState(chat: Chat): ChatState {
  const [state, setState] = useState(chat.store.state)
  useEffect(() => {
    setState(chat.store.state)
    return chat.store.subscribe(() => setState(chat.store.state))
  }, [chat])
  return state
}
