import { commands, env, l10n, Uri, window, workspace } from 'vscode'
import { type Disposable, Emitter } from '../event.ts'
import type { HubState } from '../hub/hub.ts'
import { blocksOf, LastEditor } from '../share/selection.ts'
import { fileGround } from './file-ground.ts'
import type { SurfaceAction } from './messages.ts'
import { openPlace } from './open-place.ts'
import type { Ground } from './surface-host.ts'

/** What VS Code does for the chat surfaces of this window. */
export function createGround(): Ground & Disposable {
  const settings = new Emitter<void>()
  const editors = new LastEditor()
  const listening = workspace.onDidChangeConfiguration(change => {
    if (change.affectsConfiguration('parley.sendWith')) settings.fire()
  })
  return {
    get sendWith() {
      return workspace.getConfiguration('parley').get('sendWith') === 'ctrlEnter' ? 'ctrlEnter' : 'enter'
    },
    onSettings: settings.event,
    scheme: env.uriScheme,
    files: fileGround,
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
    async openMessage(to) {
      await commands.executeCommand('parley.showMessage', to)
    },
    openPlace,
    async copy(text) {
      await env.clipboard.writeText(text)
    },
    async selection() {
      return editors.editor && blocksOf(editors.editor)
    },
    async act(what, info) {
      if (what === 'copyName') await env.clipboard.writeText(info.kind === 'room' ? info.room.name : info.person.name)
      else await commands.executeCommand(commandOf[what], info.conversation)
    },
    async confirmRemoval(forAll) {
      const fromAll = l10n.t('Delete for Everybody')
      const fromMe = l10n.t('Delete for Me')
      const detail = forAll
        ? l10n.t(
            'For everybody: it disappears wherever it can be reached; what others have kept elsewhere stays. For you: it disappears from your own devices only.',
          )
        : l10n.t('It disappears from your own devices. The others keep it.')
      const ways = forAll ? [fromAll, fromMe] : [fromMe]
      const chosen = await window.showWarningMessage(l10n.t('Delete this message?'), { modal: true, detail }, ...ways)
      return chosen === undefined ? undefined : chosen === fromAll ? 'all' : 'me'
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

/** The commands that do what a surface asks for; each is called with the conversation. */
const commandOf: Readonly<Record<Exclude<SurfaceAction, 'copyName'>, string>> = {
  mute: 'parley.chat.mute',
  unmute: 'parley.chat.unmute',
  restartHub: 'parley.restartHub',
  showLog: 'parley.showLog',
  signIn: 'parley.signIn',
  showPending: 'workbench.view.extension.parley',
  verify: 'parley.person.verify',
  acceptKey: 'parley.person.acceptKey',
  block: 'parley.person.block',
  unblock: 'parley.person.unblock',
  checkConnection: 'parley.checkConnection',
  members: 'parley.room.members',
  inviteToRoom: 'parley.room.invite',
  roomSettings: 'parley.room.settings',
  joinRoom: 'parley.room.join',
  declineRoom: 'parley.room.decline',
  leaveRoom: 'parley.room.leave',
  search: 'parley.chat.search',
  markUnread: 'parley.chat.markUnread',
  pin: 'parley.chat.pin',
  unpin: 'parley.chat.unpin',
  archive: 'parley.chat.archive',
  unarchive: 'parley.chat.unarchive',
  retention: 'parley.chat.retention',
  export: 'parley.chat.export',
  clear: 'parley.chat.clear',
}

/** Why the hub cannot be asked, in a sentence. */
function whyAway(state: Exclude<HubState, { is: 'up' }>): string {
  if (state.why) return state.why
  return state.is === 'connecting' && state.again
    ? l10n.t('Parley’s background service has stopped. It is being started again.')
    : l10n.t('Parley’s background service is starting.')
}
