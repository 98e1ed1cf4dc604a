import { l10n, window } from 'vscode'
import type { Context } from '../context.ts'
import { limits } from '../limits.ts'
import { isolated, plainLine } from '../shared/harmless.ts'
import { detailsOf, type RequestRow } from './rows.ts'

/** Shows who asks and what is known of them, and takes the answer. */
export async function showRequest(context: Context, row: RequestRow): Promise<void> {
  const [accept, decline, block] = [l10n.t('Accept'), l10n.t('Decline'), l10n.t('Block')]
  const question = l10n.t('{0} wants to chat with you', nameOf(row))
  const detail = detailsOf(row).join('\n\n')
  const answer = await window.showInformationMessage(question, { modal: true, detail }, accept, decline, block)
  if (answer === accept) await acceptRequest(context, row)
  if (answer === decline) await declineRequest(context, row)
  if (answer === block) await blockRequest(context, row)
}

/** Accepts, and opens the chat. */
export async function acceptRequest({ hub, chats }: Context, { id }: RequestRow): Promise<void> {
  const { conversation } = await hub.request('answerRequest', { id, answer: 'accept' })
  if (conversation) await chats.open(conversation.conversation, { focus: 'composer' })
}

/** Says no; they may ask again. */
export async function declineRequest({ hub }: Context, row: RequestRow): Promise<void> {
  await hub.request('answerRequest', { id: row.id, answer: 'decline' })
  void window.setStatusBarMessage(l10n.t('Declined: {0}', nameOf(row)), limits.saidFor)
}

/** Says no, and hears nothing of them any more. */
export async function blockRequest({ hub }: Context, row: RequestRow): Promise<void> {
  await hub.request('answerRequest', { id: row.id, answer: 'block' })
  void window.setStatusBarMessage(l10n.t('Blocked: {0}', nameOf(row)), limits.saidFor)
}

/** Tells of a request, once. */
export async function tellOfRequest(context: Context, row: RequestRow): Promise<void> {
  const [accept, look] = [l10n.t('Accept'), l10n.t('Show…')]
  const words = l10n.t('{0} ({1}) wants to chat with you.', nameOf(row), plainLine(row.words, limits.name))
  // What is not encrypted has to be known of before one accepts it.
  const ways = row.kind === 'direct' ? [look, accept] : [look]
  const chosen = await window.showInformationMessage(words, ...ways)
  if (chosen === undefined) return
  if (!context.hub.requests.some(({ id }) => id === row.id)) {
    // A notification stays, whatever was done elsewhere.
    void window.showInformationMessage(l10n.t('This request has been answered already.'))
    return
  }
  if (chosen === look) await showRequest(context, row)
  if (chosen === accept) await acceptRequest(context, row)
}

function nameOf({ name }: RequestRow): string {
  return isolated(plainLine(name, limits.name))
}
