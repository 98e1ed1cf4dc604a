import type { ChatView, SurfaceAction } from '../../src/chat/messages.ts'
import { noticeOf } from '../model/notice.ts'
import { Icon } from '../style/icon.tsx'

export interface BarProps {
  readonly view: ChatView
  readonly act: (what: SurfaceAction) => void
}

/** What keeps messages from going through, said where they are. The element is always there, so that it is read out. */
export function Bar({ view, act }: BarProps) {
  const notice = noticeOf(view)
  return (
    <div role="status" class={notice ? `bar is-${notice.is}` : 'bar is-none'}>
      {notice && (
        <>
          <Icon name={notice.icon} />
          <span class="bar-text">{notice.text}</span>
          {notice.actions.length > 0 && (
            <span class="bar-actions">
              {notice.actions.map(({ what, label }) => (
                <button key={what} type="button" class="button is-secondary" onClick={() => act(what)}>
                  {label}
                </button>
              ))}
            </span>
          )}
        </>
      )}
    </div>
  )
}
