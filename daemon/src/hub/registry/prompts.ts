import { encodeAnswer, type Prompt, PromptError, readPrompt } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { Reply, Request } from '../../protocol/parley_pb.ts'
import type { AskPerson } from '../../protocol/prompts.ts'
import { harmless, harmlessLines } from '../words.ts'
import { type RegistryLink, request } from './open.ts'
import { step } from './passwords.ts'

/**
 * Runs the mechanism `prompt`: whatever the registry asks is shown to the person, and what they say goes back, until it
 * has decided. Gives its last reply.
 *
 * @throws ParleyError what the registry refuses with; `closed` when the person gives up, `timeout`, `bad-frame`
 */
export async function answerPrompts(
  { link, welcome }: RegistryLink,
  begin: Request['is'],
  ask: AskPerson,
  signal: AbortSignal,
): Promise<Reply['is']> {
  const team = harmless(welcome.team, limits.shownName)
  const late = AbortSignal.timeout(limits.exchange)
  const both = AbortSignal.any([signal, link.signal, late])
  let reply = await request(link, begin, both)
  for (let asked = 0; reply.case === 'challenge'; asked++) {
    if (asked === limits.prompts) throw new ParleyError('bad-frame', endless)
    const { data } = reply.value
    // A change of what proves a person begins its second half with nothing to ask.
    const answer = data.length === 0 ? data : encode(await ask({ team, ...shown(data) }, both).catch(toOurs(late)))
    reply = await request(link, step(answer), both)
  }
  return reply
}

/** A prompt as front ends may show it. @throws ParleyError `bad-frame` */
function shown(data: Uint8Array): Prompt {
  try {
    const { text, kind } = readPrompt(data)
    // The kit has let only plain characters through in a link.
    return { kind, text: kind === 'link' ? text : harmlessLines(text, limits.words) || '?' }
  } catch (cause) {
    throw new ParleyError('bad-frame', `The registry asks something that cannot be shown. ${words(cause)}`, { cause })
  }
}

function encode(answer: string): Uint8Array {
  try {
    return encodeAnswer(answer)
  } catch (cause) {
    throw new ParleyError('usage', `${words(cause)} Give a shorter one.`, { cause })
  }
}

function words(error: unknown): string {
  return error instanceof PromptError ? error.message : ''
}

function toOurs(late: AbortSignal): (error: unknown) => never {
  return error => {
    throw late.aborted ? new ParleyError('timeout', tooLate, { cause: error }) : error
  }
}

const endless = 'The registry does not stop asking. Nothing was accepted; ask its admin.'
const tooLate = 'Nobody has answered for two minutes, so the registry has let go. Start the sign-in again.'
