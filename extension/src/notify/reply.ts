import { randomBytes } from 'node:crypto'
import { asParleyError } from '@parley/daemon/client/basics'
import { toText } from '@parley/daemon/protocol/ids'
import { type InputBox, l10n, window } from 'vscode'
import type { Context } from '../context.ts'
import { limits } from '../limits.ts'
import { plainLine } from '../shared/harmless.ts'
import { reportFailure } from '../shared/report.ts'
import { type Notice, noticeName, noticeText } from './words.ts'

/** Lets a person answer in a box, without leaving what they do. What they wrote and did not send becomes their draft. */
export function askReply({ hub, chats, log }: Context, notice: Notice): void {
  const box = window.createInputBox()
  box.title = l10n.t('Reply to {0}', noticeName(notice))
  box.prompt = noticeText(notice)
  box.placeholder = l10n.t('Enter sends, Escape keeps what you wrote as a draft')
  box.ignoreFocusOut = true
  const { conversation, person, room, message } = notice
  const to = room !== undefined || person.via ? conversation : person.name
  const attempt = { text: '', message: '' }
  let sending = Promise.resolve(false)
  box.onDidChangeValue(() => {
    box.validationMessage = undefined
  })
  box.onDidAccept(async () => {
    const text = box.value.trim()
    if (text === '' || box.busy) return
    // The same id again is the same message, whatever became of the answer; another text is another message.
    if (text !== attempt.text) Object.assign(attempt, { text, message: newMessageId() })
    sending = busyWhile(box, () => hub.request('send', { to, ...attempt }))
    if (!(await sending)) return
    box.value = ''
    box.hide()
    void window.setStatusBarMessage(l10n.t('Sent to {0}', noticeName(notice)), limits.saidFor)
    await reportFailure(log, () => hub.request('markRead', { conversation, position: message.position }))
  })
  let isOver = false
  box.onDidHide(async () => {
    // To dispose of it hides it once more.
    if (isOver) return
    isOver = true
    const left = box.value.trim()
    box.dispose()
    // Whoever goes while it is being sent has sent it.
    if (left === '' || (await sending)) return
    await reportFailure(log, () => chats.addToDraft(conversation, left))
  })
  box.show()
}

/** False when it failed: the box says why, and what was written stays in it. */
async function busyWhile(box: InputBox, send: () => Promise<unknown>): Promise<boolean> {
  box.busy = true
  box.enabled = false
  try {
    await send()
    return true
  } catch (error) {
    box.validationMessage = plainLine(asParleyError(error).message, limits.sentence)
    return false
  } finally {
    box.busy = false
    box.enabled = true
  }
}

function newMessageId(): string {
  return toText(randomBytes(16))
}
