import { commands, l10n, window } from 'vscode'
import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'
import type { OnceMemory } from '../shared/once.ts'
import { reportFailure } from '../shared/report.ts'

/** Registers *Direct Connections*, and tells of them once, after the first chat. */
export function registerDirect(context: Context, memory: OnceMemory): Disposable {
  const { log } = context
  const parts = [
    commands.registerCommand('parley.directConnections', () => reportFailure(log, () => chooseDirect(context))),
    tellOfDirect(context, memory),
  ]
  return {
    dispose() {
      for (const part of parts) part.dispose()
    },
  }
}

/** Lets peers connect straight to this computer, or no longer: says first what that means. */
async function chooseDirect({ hub }: Context): Promise<void> {
  const { hub: status } = await hub.request('status', {})
  if (!status) return
  const [allow, stop] = [l10n.t('Allow Direct Connections'), l10n.t('Stop Allowing Them')]
  if (status.isDirect) {
    const detail = l10n.t(
      'Others connect straight to this computer, which is the fastest way. Without it messages go through your team’s relay, as encrypted as ever, or over connections that this computer makes.',
    )
    const question = l10n.t('Direct connections are allowed.')
    if ((await window.showInformationMessage(question, { modal: true, detail }, stop)) !== stop) return
    await hub.request('setDirect', { direct: false })
    void window.showInformationMessage(l10n.t('Nobody connects straight to this computer any more.'))
    return
  }
  const detail = l10n.t(
    'Then others can connect straight to this computer: messages take the shortest way, and chats go on when your team’s server is down. Your system will probably ask whether Parley may accept connections: allow it. Strangers who try get no further than asking to chat.',
  )
  const question = l10n.t('Allow direct connections?')
  if ((await window.showInformationMessage(question, { modal: true, detail }, allow)) !== allow) return
  await hub.request('setDirect', { direct: true })
  void window.showInformationMessage(l10n.t('Others can connect straight to this computer now.'))
}

/** Once somebody has chatted, and once in all: before that nobody knows what it would be for. */
function tellOfDirect({ hub, log }: Context, memory: OnceMemory): Disposable {
  let isOver = memory.get(key) === true
  const look = async (changed: ReadonlySet<string>) => {
    const isChatting = [...changed].some(id => hub.conversations.get(id)?.lastMine === true)
    if (isOver || !isChatting || !window.state.focused) return
    isOver = true
    const { hub: status } = await hub.request('status', {})
    if (!status || memory.get(key) === true) return
    await memory.update(key, true)
    // Of before this could be chosen.
    if (status.isDirect !== false) return
    const how = l10n.t('Direct Connections…')
    const words = l10n.t(
      'Messages go through your team’s relay now. Others could also connect straight to this computer.',
    )
    if ((await window.showInformationMessage(words, how)) === how) {
      await commands.executeCommand('parley.directConnections')
    }
  }
  return hub.onConversations(changed => void reportFailure(log, () => look(changed)))
}

const key = 'toldDirect'
