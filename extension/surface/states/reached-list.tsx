import * as l10n from '@vscode/l10n'
import { useEffect, useState } from 'preact/hooks'
import type { Reached } from '../../src/chat/messages.ts'
import type { Host } from '../bridge.ts'
import { sentence } from '../chat/pages.ts'
import { Icon } from '../style/icon.tsx'
import { Popover } from './popover.tsx'

export interface ReachedListProps {
  readonly host: Host
  readonly message: string
  readonly by: HTMLElement
  readonly onClose: () => void
}

/** Who of a room has a message of one's own, and who has read it. */
export function ReachedList({ host, message, by, onClose }: ReachedListProps) {
  const [members, setMembers] = useState<readonly Reached[]>()
  const [why, setWhy] = useState('')
  useEffect(() => {
    host.ask('reached', { message }).then(
      answer => setMembers(answer.members.toSorted((a, b) => farthest.indexOf(a.state) - farthest.indexOf(b.state))),
      error => setWhy(sentence(error)),
    )
  }, [host, message])
  return (
    <Popover label={l10n.t('Who has this message')} by={by} onClose={onClose}>
      <p class="popover-none" role="status">
        {why || (members === undefined ? l10n.t('Asking…') : summary(members))}
      </p>
      {members && (
        <ul class="reached">
          {members.map(({ name, state }, index) => (
            <li key={index}>
              <Icon name={icons[state]} />
              <span class="reached-name" dir="auto">
                {name}
              </span>
              <span class="reached-state">{words[state]()}</span>
            </li>
          ))}
        </ul>
      )}
    </Popover>
  )
}

/** How many have come how far, so that nobody has to count. */
function summary(members: readonly Reached[]): string {
  const count = (state: Reached['state']) => members.filter(one => one.state === state).length
  const [read, delivered, waiting] = farthest.map(count)
  return [
    ...(read ? [l10n.t('Read by {0}', read)] : []),
    ...(delivered ? [l10n.t('Delivered to {0}', delivered)] : []),
    ...(waiting ? [l10n.t('Waiting for {0}', waiting)] : []),
  ].join(' · ')
}

const farthest: readonly Reached['state'][] = ['read', 'delivered', 'waiting']
const icons = { waiting: 'history', delivered: 'check-all', read: 'eye' } as const
const words: Readonly<Record<Reached['state'], () => string>> = {
  waiting: () => l10n.t('waiting'),
  delivered: () => l10n.t('delivered'),
  read: () => l10n.t('read'),
}
