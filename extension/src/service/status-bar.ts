import { l10n, MarkdownString, type StatusBarItem, ThemeColor } from 'vscode'
import { presenceWord } from '../people/presence.ts'
import { isolated } from '../shared/harmless.ts'
import type { Condition, Health } from './health.ts'

/** Shows in the status bar how it stands. */
export function showHealth(item: StatusBarItem, health: Health): void {
  const mark = markOf(health)
  const asked = health.requests + health.devices
  const words = [health.unread > 0 ? String(health.unread) : '', asked > 0 ? `$(bell-dot) ${asked}` : '', mark].filter(
    word => word !== '',
  )
  // An icon alone would not say whose it is before the first message.
  const isNamed = words.length === 0 && health.is !== 'online'
  item.text = `$(${iconOf(health.is)}) ${isNamed ? 'Parley' : words.join(' · ')}`.trimEnd()
  item.tooltip = tooltipOf(health)
  item.backgroundColor = isTrouble(health.is) ? new ThemeColor('statusBarItem.warningBackground') : undefined
  item.accessibilityInformation = { label: ['Parley', ...linesOf(health)].join('. '), role: 'button' }
}

function isTrouble(is: Condition): boolean {
  return is === 'failed' || is === 'refused'
}

function iconOf(is: Condition): string {
  if (is === 'starting' || is === 'returning' || is === 'connecting') return 'loading~spin'
  if (is === 'pending') return 'vm-outline'
  return isTrouble(is) ? 'warning' : 'comment-discussion'
}

/** A word beside the icon, where there is something to know at a glance. */
function markOf({ is, self }: Health): string {
  if (is === 'offline') return l10n.t('offline')
  if (is === 'signedOut') return l10n.t('signed out')
  if (is === 'pending') return l10n.t('waiting for approval')
  // Else somebody wonders tomorrow why nothing disturbs them any more.
  if (is !== 'online') return ''
  if (self?.availability === 'busy') return l10n.t('busy')
  return self?.availability === 'invisible' ? l10n.t('invisible') : ''
}

/** Others have chosen the names in it, so it is text: no links, no icons, no formats. */
function tooltipOf(health: Health): MarkdownString {
  const text = new MarkdownString('', false)
  text.appendMarkdown('**Parley**')
  for (const line of linesOf(health)) text.appendMarkdown('\n\n').appendText(line)
  return text
}

function linesOf({ is, self, unread, queued, requests, devices, why }: Health): string[] {
  const isSelfKnown = self !== undefined && is !== 'failed'
  return [
    isSelfKnown ? l10n.t('{0} in the team {1}', isolated(self.name), isolated(self.team)) : '',
    conditionWords(is),
    isTrouble(is) || is === 'offline' ? (why ?? '') : '',
    is === 'online' && self ? statusWords(self) : '',
    unread === 1 ? l10n.t('1 unread message') : unread > 1 ? l10n.t('{0} unread messages', unread) : '',
    queued === 1
      ? l10n.t('1 of your messages waits to be delivered')
      : queued > 1
        ? l10n.t('{0} of your messages wait to be delivered', queued)
        : '',
    requests === 1
      ? l10n.t('1 chat request waits for an answer')
      : requests > 1
        ? l10n.t('{0} chat requests wait for an answer', requests)
        : '',
    devices > 0 ? l10n.t('A new device waits for you to approve it') : '',
    hintOf(is),
  ].filter(line => line !== '')
}

function conditionWords(is: Condition): string {
  switch (is) {
    case 'starting':
      return l10n.t('The background service is starting…')
    case 'returning':
      return l10n.t('The background service has stopped and is being started again…')
    case 'failed':
      return l10n.t('The background service is not running.')
    case 'alone':
      return l10n.t('You are in no team yet.')
    case 'connecting':
      return l10n.t('Connecting to your team…')
    case 'offline':
      return l10n.t('You are offline: your team cannot be reached.')
    case 'signedOut':
      return l10n.t('You are signed out. Your chats are still on this computer.')
    case 'refused':
      return l10n.t('Your team does not let this device in.')
    case 'pending':
      return l10n.t('This device waits for one of your other devices to approve it.')
    case 'online':
      return ''
  }
}

function statusWords({ status, availability }: NonNullable<Health['self']>): string {
  if (availability === 'busy') return l10n.t('Others see you as busy.')
  if (availability === 'invisible')
    return l10n.t('You are invisible: others see you as offline. Messages come and go as ever.')
  return l10n.t('Others see you as {0}.', presenceWord(status))
}

function hintOf(is: Condition): string {
  if (is === 'offline') return l10n.t('What you write is sent when your team is back.')
  if (is === 'failed') return l10n.t('Click for ways to mend it.')
  if (is === 'pending') return l10n.t('Click to see what to do.')
  if (is === 'alone') return l10n.t('Click to join or start one.')
  if (is === 'signedOut' || is === 'refused') return l10n.t('Click to sign in.')
  return ''
}
