import { ParleyError } from '@parley/daemon/client/basics'
import { commands, l10n, window } from 'vscode'
import type { Context } from '../context.ts'
import { limits } from '../limits.ts'
import { pickChat } from '../people/pick.ts'
import { blocksOf, type LastEditor } from './selection.ts'

/** Puts what is selected into what is being written in a chat: the person sends it, perhaps with words of their own. */
export async function shareSelection({ hub, chats }: Context, editors: LastEditor): Promise<void> {
  const text = editors.editor && blocksOf(editors.editor)
  if (text === undefined) {
    void window.showInformationMessage(l10n.t('Select some lines in an editor first.'))
    return
  }
  const size = Buffer.byteLength(text)
  if (size > limits.messageBytes) {
    throw new ParleyError(
      'bad-message',
      l10n.t(
        'The selection is {0} KB; a message holds at most {1} KB. Select less.',
        Math.ceil(size / 1024),
        limits.messageBytes / 1024,
      ),
    )
  }
  const who = chats.current ?? (await pickChat(hub, { title: l10n.t('Share Selection'), from: 'chats' }))?.who
  if (who === undefined) return
  await chats.insert(who, text)
  await commands.executeCommand('setContext', 'parley.hasShared', true)
}
