import { Ajv } from 'ajv'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { ControlMethod, ControlRequests } from '../protocol/control.ts'

/** Checks what a front end gave as parameters of each method: the one place where that happens. */
export type ParamsChecks = {
  readonly [Method in ControlMethod]: (params: unknown) => ControlRequests[Method][0]
}

/** Each check gives typed parameters, or throws ParleyError `usage` that names what is wrong. */
export function createParamsChecks(): ParamsChecks {
  const ajv = new Ajv({ allErrors: false })
  const check = <Method extends ControlMethod>(
    method: Method,
    properties: object,
    required: readonly string[] = [],
  ) => {
    // Unknown keys are let through: a newer front end may say more than this daemon knows.
    const validate = ajv.compile<ControlRequests[Method][0]>({ type: 'object', properties, required: [...required] })
    return (params: unknown): ControlRequests[Method][0] => {
      const given = params ?? {}
      if (validate(given)) return given
      const [error] = validate.errors ?? []
      const where = error?.instancePath.slice(1) || 'the parameters'
      throw new ParleyError('usage', `The request ${method} is not valid: ${where} ${error?.message ?? 'are wrong'}.`)
    }
  }
  const page = { ...integer(limits.controlPage), minimum: 1 }
  return {
    hello: check(
      'hello',
      {
        versions: {
          type: 'object',
          properties: { lowest: integer(), highest: integer() },
          required: ['lowest', 'highest'],
        },
        client: short,
        attached: { type: 'boolean' },
      },
      ['versions', 'client', 'attached'],
    ),
    status: check('status', {}),
    stop: check('stop', {}),
    signUp: check('signUp', { registry: medium, name: short, displayName: short, password: medium, invite: medium }, [
      'registry',
      'name',
      'password',
    ]),
    signIn: check('signIn', { registry: medium, name: short, password: medium }),
    signOut: check('signOut', {}),
    who: check('who', { query: short, limit: page }),
    // How long a text may be is for the hub to say, in words; the size of a control message bounds it here.
    send: check('send', { to: short, text: { type: 'string' }, message: short }, ['to', 'text', 'message']),
    history: check('history', { with: short, before: short, after: short, limit: page }, ['with', 'limit']),
    subscribe: check('subscribe', {}),
    subscribeMessages: check('subscribeMessages', { with: short }, ['with']),
    unsubscribeMessages: check('unsubscribeMessages', { conversation: short }, ['conversation']),
    waitDelivered: check(
      'waitDelivered',
      { conversation: short, message: short, timeout: integer(limits.longestWait) },
      ['conversation', 'message', 'timeout'],
    ),
    invite: check('invite', { uses: { ...integer(), minimum: 1 }, expires: integer(), forName: short }),
  }
}

/** Names, ids, positions. */
const short = { type: 'string', maxLength: 512 } as const
/** Links and passwords. */
const medium = { type: 'string', maxLength: 4096 } as const

function integer(maximum: number = Number.MAX_SAFE_INTEGER): object {
  return { type: 'integer', minimum: 0, maximum }
}
