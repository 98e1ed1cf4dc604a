import * as l10n from '@vscode/l10n'
import { useEffect, useState } from 'preact/hooks'
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
  const { person, muted } = view.conversation
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
      {icon ? <Icon name={icon} /> : <Presence status={statusOf(view)} />}
      <span class="header-word">{word}</span>
    </button>
  )
  const [presence, ...others] = facts.map(fact)
  const name = claimedName(person.displayName, person.via)
  // Of whom no team vouches for the name the place says more.
  const handle = person.via ? (person.address ?? '') : `@${person.name}`
  const mute = muted
    ? l10n.t('Muted: new messages are shown only by their count. Press to be told of them again.')
    : l10n.t('Mute: new messages are then shown only by their count.')
  return (
    <header class="header">
      <div class="header-row">
        <h1 class="header-person" title={`${name} (${handle})`}>
          <span class="header-name" dir="auto">
            {name}
          </span>
          <span class="header-user" dir="ltr">
            {handle}
          </span>
        </h1>
        {presence}
        <span class="header-space" />
        {others}
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
          items={[
            ...(person.via === 'classic' ? [] : [{ label: l10n.t('Verify…'), onPick: () => act('verify') }]),
            { label: l10n.t('Copy user name'), onPick: () => act('copyName') },
            person.isBlocked
              ? { label: l10n.t('Unblock'), onPick: () => act('unblock') }
              : { label: l10n.t('Block…'), onPick: () => act('block') },
            { label: l10n.t('Check connection'), onPick: () => act('checkConnection') },
            { label: l10n.t('Show log'), onPick: () => act('showLog') },
            { label: l10n.t('Restart background service'), onPick: () => act('restartHub') },
          ]}
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
