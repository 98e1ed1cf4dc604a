import type { AccountInfo, CheckInfo, StatusInfo } from '@parley/daemon/protocol/control'
import type { HubState } from '../hub/hub.ts'
import { type Activation, activationWords } from './activation.ts'

/** What a report is made of. Nobody's name, message, address or key is in it. */
export interface ReportFacts {
  /** Of the extension. */
  readonly version: string
  /** Name and version of the editor, where it shows itself, and over what it works elsewhere. */
  readonly editor: {
    readonly name: string
    readonly version: string
    readonly ui: 'desktop' | 'web'
    readonly remote?: string
  }
  /** System, processor and release. */
  readonly platform: string
  /** Of the extension's own runtime. */
  readonly runtime: string
  readonly language: string
  /** What the start of the extension cost. */
  readonly activation?: Activation
  readonly state: HubState
  /** What the hub says of itself; absent when it does not run. */
  readonly status?: StatusInfo
  /** What `doctor` found; absent when it gave no answer. */
  readonly checks?: readonly CheckInfo[]
  readonly accounts: readonly AccountInfo[] | undefined
  readonly counts: { readonly chats: number; readonly unread: number; readonly queued: number; readonly people: number }
  /** The folder of the hub, and the setting for its runtime; empty: none. */
  readonly home: string
  readonly nodePath: string
  /** The person's own folder, which is written as `~`. */
  readonly userFolder: string
  /** ms since 1970. */
  readonly now: number
}

/** Lines to paste into a question or an issue, in English whatever the editor speaks. */
export function reportOf(facts: ReportFacts): string {
  const { editor, state, status, checks, accounts, counts, now } = facts
  const path = (name: string) => shortened(name, facts.userFolder)
  const lines: [string, string | number | undefined][] = [
    ['Parley', facts.version],
    ['Editor', `${editor.name} ${editor.version}, ${editor.ui}${editor.remote ? `, ${editor.remote}` : ''}`],
    ['System', facts.platform],
    ['Runtime', facts.runtime],
    ['Language', facts.language],
    ['Activated in', facts.activation && activationWords(facts.activation)],
    ['Background service', stateOf(state)],
    ['Its version', status?.version],
    ['Its roles', status?.roles.join(', ')],
    ['Running for', status && `${Math.max(0, Math.round((now - status.startedAt) / 60_000))} min`],
    ['Ports', status?.hub?.listen.length],
    ['Links', status?.hub?.links],
    ['Of these relayed', status?.hub?.relayed],
    ['Direct connections', status?.hub && (status.hub.isDirect ? 'allowed' : 'not allowed')],
    ['Warnings', status?.hub?.warnings.length],
    // Only how each stands: its words may name places.
    ['Checks', checks?.map(({ about, state }) => `${about} ${state}`).join(', ')],
    ['Team', accounts ? accounts.map(account => account.state).join(', ') || 'none' : 'not known'],
    ['Chats', counts.chats],
    ['Unread', counts.unread],
    ['Waiting to be delivered', counts.queued],
    ['People listed', counts.people],
    ['Home', path(facts.home)],
    ['parley.nodePath', facts.nodePath === '' ? undefined : path(facts.nodePath)],
  ]
  const told = lines.filter(([, value]) => value !== undefined && value !== '')
  return `${told.map(([name, value]) => `${name}: ${value}`).join('\n')}\n`
}

/** Only the code of an error: its sentence may name somebody. */
function stateOf(state: HubState): string {
  if (state.is === 'failed') return `failed (${state.code})`
  if (state.is === 'connecting') return state.again ? 'looking for it again' : 'starting'
  return 'running'
}

function shortened(path: string, userFolder: string): string {
  if (userFolder === '' || !path.startsWith(userFolder)) return path
  const rest = path.slice(userFolder.length)
  return rest === '' || /^[/\\]/.test(rest) ? `~${rest}` : path
}
