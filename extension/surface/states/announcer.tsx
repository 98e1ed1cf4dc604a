import { useEffect, useRef, useState } from 'preact/hooks'
import type { Chat } from '../chat/chat.ts'
import { Later } from '../chat/later.ts'
import { limits } from '../limits.ts'
import { announcement, type Heard } from '../model/announce.ts'

/** Says new messages of others to a screen reader, those that come together at once. */
export function Announcer({ chat }: { readonly chat: Chat }) {
  const [said, setSaid] = useState('')
  const gathered = useRef<readonly Heard[]>([])
  useEffect(() => {
    const say = new Later(limits.announceDelay, () => {
      setSaid(announcement(gathered.current))
      gathered.current = []
    })
    chat.onHeard(heard => {
      gathered.current = [...gathered.current, ...heard]
      say.ask()
    })
  }, [chat])
  return (
    <div class="sr-only" role="log" aria-live="polite" aria-relevant="additions text" data-announcer>
      {said}
    </div>
  )
}
