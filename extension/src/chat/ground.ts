import type { ConversationInfo } from '@parley/daemon/protocol/control'
import { commands, env, l10n, Uri, workspace } from 'vscode'
import { type Disposable, Emitter } from '../event.ts'
import type { Hub, HubState } from '../hub/hub.ts'
import { blocksOf, LastEditor } from '../share/selection.ts'
import type { SurfaceAction } from './messages.ts'
import { openPlace } from './open-place.ts'
import type { Ground } from './surface-host.ts'

/** What VS Code does for the chat surfaces of this window. */
export function createGround(hub: Hub): Ground & Disposable {
  const settings = new Emitter<void>()
  const editors = new LastEditor()
  const listening = workspace.onDidChangeConfiguration(change => {
    if (change.affectsConfiguration('parley.sendWith')) settings.fire()
  })
  const act: Readonly<Record<SurfaceAction, (conversation: ConversationInfo) => Thenable<unknown>>> = {
    mute: ({ conversation }) => hub.request('setMuted', { conversation, muted: true }),
    unmute: ({ conversation }) => hub.request('setMuted', { conversation, muted: false }),
    restartHub: () => commands.executeCommand('parley.restartHub'),
    showLog: () => commands.executeCommand('parley.showLog'),
    signIn: () => commands.executeCommand('parley.signIn'),
    showPending: () => commands.executeCommand('workbench.view.extension.parley'),
    copyName: ({ person }) => env.clipboard.writeText(person.name),
    verify: ({ conversation }) => commands.executeCommand('parley.person.verify', conversation),
    acceptKey: ({ conversation }) => commands.executeCommand('parley.person.acceptKey', conversation),
    block: ({ conversation }) => commands.executeCommand('parley.person.block', conversation),
    unblock: ({ conversation }) => commands.executeCommand('parley.person.unblock', conversation),
    checkConnection: () => commands.executeCommand('parley.checkConnection'),
  }
  return {
    get sendWith() {
      return workspace.getConfiguration('parley').get('sendWith') === 'ctrlEnter' ? 'ctrlEnter' : 'enter'
    },
    onSettings: settings.event,
    locale: env.language,
    strings: l10n.bundle,
    async openOutside(href) {
      // VS Code asks before it opens a site that is not trusted. As text a link stays as it is written: a Uri would
      // turn `%26` into `&`.
      if (href.startsWith('mailto:')) await env.openExternal(Uri.parse(href, true))
      else await commands.executeCommand('vscode.open', href)
    },
    async openJoin(href) {
      await commands.executeCommand('parley.joinTeam', href)
    },
    openPlace,
    async copy(text) {
      await env.clipboard.writeText(text)
    },
    async selection() {
      return editors.editor && blocksOf(editors.editor)
    },
    async act(what, conversation) {
      await act[what](conversation)
    },
    sent() {
      void commands.executeCommand('setContext', 'parley.hasSent', true)
    },
    whyAway,
    dispose() {
      listening.dispose()
      editors.dispose()
      settings.dispose()
    },
  }
}

/** Why the hub cannot be asked, in a sentence. */
function whyAway(state: Exclude<HubState, { is: 'up' }>): string {
  if (state.why) return state.why
  return state.is === 'connecting' && state.again
    ? l10n.t('Parley’s background service has stopped. It is being started again.')
    : l10n.t('Parley’s background service is starting.')
}
