import type { ConversationInfo, PersonInfo, RoomInfo } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import { useEffect, useState } from 'preact/hooks'
import type { SurfaceAction } from '../../src/chat/messages.ts'
import { claimedName } from '../../src/shared/seen.ts'
import type { HeaderProps } from '../parts.ts'
import { Icon } from '../style/icon.tsx'
import { Presence } from '../style/presence.tsx'
import { type Fact, factsOf, statusOf } from './facts.ts'
import { Menu } from './menu.tsx'

/** Who one chats with and how: each part is a button that explains itself, by its tooltip and in a line when pressed. */
export function Header({ view, locale, act }: HeaderProps) {
  const [open, setOpen] = useState<Fact['is']>()
  useEffect(() => {
    if (open === undefined) return
    const close = ({ key }: KeyboardEvent) => key === 'Escape' && setOpen(undefined)
    document.addEventListener('keydown', close)
    return () => document.removeEventListener('keydown', close)
  }, [open])
  const { conversation } = view
  const { muted } = conversation
  const facts = factsOf(view, { now: Date.now(), locale })
  const explained = facts.find(({ is }) => is === open)
  const fact = ({ is, icon, word, sentence, isWarning }: Fact) => (
    <button
      key={is}
      type="button"
      class={`header-fact is-${is}${isWarning ? ' is-warning' : ''}`}
      title={sentence}
      aria-label={word}
      aria-expanded={open === is}
      onClick={() => setOpen(open === is ? undefined : is)}
    >
      {icon !== undefined ? <Icon name={icon} /> : <Presence status={statusOf(view)} />}
      <span class="header-word">{word}</span>
    </button>
  )
  const [presence, ...others] = facts.map(fact)
  const [name, handle] = titleIn(conversation)
  const mute = muted
    ? l10n.t('Muted: new messages are shown only by their count. Press to be told of them again.')
    : l10n.t('Mute: new messages are then shown only by their count.')
  return (
    <header class="header">
      <div class="header-row">
        <h1 class="header-person" title={handle === '' ? name : `${name} (${handle})`}>
          <span class="header-name" dir="auto">
            {name}
          </span>
          <span class="header-user" dir={conversation.kind === 'room' ? 'auto' : 'ltr'}>
            {handle}
          </span>
        </h1>
        {presence}
        <span class="header-space" />
        {others}
        <button
          type="button"
          class="icon-button header-search"
          aria-label={l10n.t('Search in this chat')}
          title={l10n.t('Search: look for words in this chat.')}
          onClick={() => act('search')}
        >
          <Icon name="search" />
        </button>
        <button
          type="button"
          class="icon-button header-mute"
          aria-label={l10n.t('Mute')}
          aria-pressed={muted}
          title={mute}
          onClick={() => act(muted ? 'unmute' : 'mute')}
        >
          <Icon name={muted ? 'bell-slash' : 'bell'} />
        </button>
        <Menu
          label={l10n.t('More')}
          title={l10n.t('More: what else can be done with this chat.')}
          groups={choicesIn(conversation).map(group =>
            group.map(({ what, label }) => ({ label, onPick: () => act(what) })),
          )}
        />
      </div>
      <div class="header-note">
        <p role="status">{explained?.sentence}</p>
        {explained?.action && (
          <Action
            action={explained.action}
            act={what => {
              setOpen(undefined)
              act(what)
            }}
          />
        )}
      </div>
    </header>
  )
}

/** What it is called, and what says more of it: a user name, an address, a topic. */
function titleIn(conversation: ConversationInfo): readonly [name: string, more: string] {
  if (conversation.kind === 'room') return [`# ${conversation.room.name}`, conversation.room.topic]
  const { displayName, name, via, address } = conversation.person
  // Of whom no team vouches for the name the place says more.
  return [claimedName(displayName, via), via ? (address ?? '') : `@${name}`]
}

interface Choice {
  readonly what: SurfaceAction
  readonly label: string
}

/** What else can be done: with whom one chats with, with the chat, with what it holds, and with what runs it. */
function choicesIn(conversation: ConversationInfo): readonly (readonly Choice[])[] {
  const isInvited = conversation.kind === 'room' && conversation.room.standing === 'invited'
  const groups: readonly (readonly Choice[])[] = [
    conversation.kind === 'room' ? roomChoices(conversation.room) : personChoices(conversation.person),
    isInvited ? [] : listChoices(conversation),
    isInvited
      ? []
      : [
          { what: 'retention', label: l10n.t('Keep messages…') },
          { what: 'export', label: l10n.t('Export…') },
          { what: 'clear', label: l10n.t('Clear history…') },
        ],
    [
      { what: 'checkConnection', label: l10n.t('Check connection') },
      { what: 'showLog', label: l10n.t('Show log') },
      { what: 'restartHub', label: l10n.t('Restart background service') },
    ],
  ]
  return groups.filter(group => group.length > 0)
}

function roomChoices({ standing }: RoomInfo): readonly Choice[] {
  if (standing === 'invited') return []
  const members = { what: 'members', label: l10n.t('Members…') } as const
  if (standing === 'left') return [members]
  return [
    members,
    { what: 'inviteToRoom', label: l10n.t('Invite people…') },
    { what: 'roomSettings', label: l10n.t('Room settings…') },
    { what: 'leaveRoom', label: l10n.t('Leave room…') },
  ]
}

function personChoices({ via, isBlocked }: PersonInfo): readonly Choice[] {
  return [
    ...(via === 'classic' ? [] : [{ what: 'verify', label: l10n.t('Verify…') } as const]),
    { what: 'copyName', label: l10n.t('Copy user name') },
    isBlocked ? { what: 'unblock', label: l10n.t('Unblock') } : { what: 'block', label: l10n.t('Block…') },
  ]
}

function listChoices({ pinned, archived }: ConversationInfo): readonly Choice[] {
  return [
    { what: 'search', label: l10n.t('Search…') },
    { what: 'markUnread', label: l10n.t('Mark as unread') },
    pinned ? { what: 'unpin', label: l10n.t('Unpin') } : { what: 'pin', label: l10n.t('Pin') },
    archived
      ? { what: 'unarchive', label: l10n.t('Take out of the archive') }
      : { what: 'archive', label: l10n.t('Archive') },
  ]
}

interface ActionProps {
  readonly action: NonNullable<Fact['action']>
  readonly act: HeaderProps['act']
}

function Action({ action: { what, label }, act }: ActionProps) {
  return (
    <button type="button" class="button is-secondary" onClick={() => act(what)}>
      {label}
    </button>
  )
}
