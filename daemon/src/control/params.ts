import { Ajv, type ValidateFunction } from 'ajv'
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
  // Each is compiled when it is first needed: all of them would be a quarter of what the start of a daemon costs.
  const check = <Method extends ControlMethod>(
    method: Method,
    properties: object,
    required: readonly string[] = [],
  ) => {
    // Unknown keys are let through: a newer front end may say more than this daemon knows.
    const schema = { type: 'object', properties, required: [...required] }
    let validate: ValidateFunction<ControlRequests[Method][0]> | undefined
    return (params: unknown): ControlRequests[Method][0] => {
      const given = params ?? {}
      validate ??= ajv.compile<ControlRequests[Method][0]>(schema)
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
    signUp: check(
      'signUp',
      {
        registry: medium,
        name: short,
        displayName: short,
        password: medium,
        invite: medium,
        by: way,
        prompts: yesOrNo,
      },
      ['registry', 'name'],
    ),
    signIn: check('signIn', {
      registry: medium,
      name: short,
      password: medium,
      by: way,
      prompts: yesOrNo,
      afresh: yesOrNo,
    }),
    answerPrompt: check('answerPrompt', { prompt: short, answer: medium }, ['prompt']),
    signOut: check('signOut', {}),
    // A whole invite text, maybe with a mail around it: how long it may be is for the hub to say, in words.
    probe: check('probe', { text: { type: 'string' } }, ['text']),
    hostTeam: check('hostTeam', { team: short }, ['team']),
    setAvailability: check('setAvailability', { availability: { enum: ['available', 'busy', 'invisible'] } }, [
      'availability',
    ]),
    who: check('who', { query: short, limit: page }),
    // How long a text may be is for the hub to say, in words; the size of a control message bounds it here.
    send: check(
      'send',
      {
        to: short,
        text: { type: 'string' },
        message: short,
        replyTo: { type: 'object', properties: { user: short, message: short }, required: ['user', 'message'] },
        mentions: few(limits.mentions),
        files: few(limits.filesOfMessage),
        anyway: yesOrNo,
      },
      ['to', 'text', 'message'],
    ),
    editMessage: check(
      'editMessage',
      {
        conversation: short,
        message: short,
        text: { type: 'string' },
        mentions: few(limits.mentions),
        act: short,
        anyway: yesOrNo,
      },
      ['conversation', 'message', 'text', 'act'],
    ),
    deleteMessage: check('deleteMessage', { ...aMessage, act: short, forMe: yesOrNo }, [...inAMessage, 'act']),
    react: check('react', { ...aMessage, emoji: short, on: yesOrNo, act: short }, [
      ...inAMessage,
      'emoji',
      'on',
      'act',
    ]),
    reached: check('reached', { conversation: short, message: short }, ['conversation', 'message']),
    typing: check('typing', { conversation: short, stopped: yesOrNo }, ['conversation']),
    createRoom: check(
      'createRoom',
      { name: short, topic: medium, history: roomHistory, invite: few(limits.roomMembers) },
      ['name'],
    ),
    room: check('room', { conversation: short }, ['conversation']),
    inviteToRoom: check('inviteToRoom', { conversation: short, who: short }, ['conversation', 'who']),
    joinRoom: check('joinRoom', { conversation: short }, ['conversation']),
    leaveRoom: check('leaveRoom', { conversation: short }, ['conversation']),
    changeRoom: check('changeRoom', { conversation: short, name: short, topic: medium, history: roomHistory }, [
      'conversation',
    ]),
    removeFromRoom: check('removeFromRoom', { conversation: short, who: short }, ['conversation', 'who']),
    setRoomRole: check('setRoomRole', { conversation: short, who: short, role: { enum: ['admin', 'member'] } }, [
      'conversation',
      'who',
      'role',
    ]),
    search: check(
      'search',
      {
        query: short,
        with: short,
        from: short,
        before: integer(),
        after: integer(),
        hasFile: yesOrNo,
        limit: page,
        next: medium,
      },
      ['query', 'limit'],
    ),
    exportHistory: check('exportHistory', { with: short, file: medium, format: { enum: ['json', 'markdown'] } }, [
      'file',
      'format',
    ]),
    importHistory: check('importHistory', { file: medium }, ['file']),
    setRetention: check(
      'setRetention',
      { conversation: short, days: { type: 'integer', minimum: 1, maximum: limits.retentionDays, nullable: true } },
      ['conversation', 'days'],
    ),
    clearHistory: check('clearHistory', { conversation: short, before: short }, ['conversation']),
    addFile: check('addFile', { path: medium, name: short, type: short, data: { type: 'string' } }),
    fetchFile: check('fetchFile', { conversation: short, hash: short }, ['conversation', 'hash']),
    cancelFile: check('cancelFile', { conversation: short, hash: short }, ['conversation', 'hash']),
    saveFile: check('saveFile', { conversation: short, hash: short, path: medium }, ['conversation', 'hash', 'path']),
    history: check('history', { with: short, before: short, after: short, from: short, limit: page }, [
      'with',
      'limit',
    ]),
    subscribe: check('subscribe', {}),
    subscribeMessages: check('subscribeMessages', { with: short }, ['with']),
    unsubscribeMessages: check('unsubscribeMessages', { conversation: short }, ['conversation']),
    subscribePeople: check('subscribePeople', {}),
    openChat: check('openChat', { with: short }, ['with']),
    saveChat: check('saveChat', { conversation: short, draft: { type: 'string' }, scroll: scrollPlace }, [
      'conversation',
    ]),
    markRead: check('markRead', { conversation: short, position: short }, ['conversation', 'position']),
    setMuted: check('setMuted', { conversation: short, muted: { type: 'boolean' } }, ['conversation', 'muted']),
    setArchived: check('setArchived', { conversation: short, archived: yesOrNo }, ['conversation', 'archived']),
    setPinned: check('setPinned', { conversation: short, pinned: yesOrNo }, ['conversation', 'pinned']),
    markUnread: check('markUnread', { conversation: short, position: short }, ['conversation']),
    setReceipts: check('setReceipts', { receipts: yesOrNo }, ['receipts']),
    saveOpenChats: check('saveOpenChats', { place, conversations: few(limits.openChats) }, ['place', 'conversations']),
    openChats: check('openChats', { place }, ['place']),
    attend: check('attend', { isFocused: { type: 'boolean' }, visible: few(limits.controlWatches) }, [
      'isFocused',
      'visible',
    ]),
    waitDelivered: check(
      'waitDelivered',
      { conversation: short, message: short, timeout: integer(limits.longestWait) },
      ['conversation', 'message', 'timeout'],
    ),
    devices: check('devices', {}),
    approveDevice: check('approveDevice', { device: short, digits: short }, ['device', 'digits']),
    revokeDevice: check('revokeDevice', { device: short }, ['device']),
    newAccountKey: check('newAccountKey', {}),
    changePassword: check('changePassword', { password: medium, newPassword: medium, prompts: yesOrNo }),
    resetPassword: check(
      'resetPassword',
      { registry: medium, name: short, code: short, newPassword: medium, prompts: yesOrNo },
      ['name', 'code'],
    ),
    setClassic: check('setClassic', { alias: short, password: medium }),
    safetyNumber: check('safetyNumber', { with: short }, ['with']),
    setVerified: check('setVerified', { with: short, digits: short, verified: { type: 'boolean' } }, [
      'with',
      'digits',
      'verified',
    ]),
    acceptKey: check('acceptKey', { with: short }, ['with']),
    connect: check('connect', { address: short, name: short }, ['address']),
    requests: check('requests', {}),
    answerRequest: check('answerRequest', { id: short, answer: { enum: ['accept', 'decline', 'block'] } }, [
      'id',
      'answer',
    ]),
    setRequestPolicy: check('setRequestPolicy', { policy: { enum: ['ask', 'accept'] } }, ['policy']),
    block: check('block', { with: short, blocked: { type: 'boolean' } }, ['with', 'blocked']),
    blocked: check('blocked', {}),
    setDirect: check('setDirect', { direct: { type: 'boolean' } }, ['direct']),
    doctor: check('doctor', {}),
    invites: check('invites', {}),
    revokeInvite: check('revokeInvite', { id: short }, ['id']),
    users: check('users', { query: short, after: short, limit: page }, ['limit']),
    user: check('user', { name: short }, ['name']),
    setUser: check('setUser', { name: short, disabled: { type: 'boolean' }, role: { enum: ['member', 'admin'] } }, [
      'name',
    ]),
    deleteUser: check('deleteUser', { name: short }, ['name']),
    resetUser: check('resetUser', { name: short }, ['name']),
    backup: check('backup', { file: medium }, ['file']),
    announce: check('announce', { address: short, newKey: { const: true } }),
    metrics: check('metrics', {}),
    reload: check('reload', {}),
    invite: check('invite', { uses: { ...integer(), minimum: 1 }, expires: integer(), forName: short }),
  }
}

/** Names, ids, positions. */
const short = { type: 'string', maxLength: 512 } as const
/** Links and passwords. */
const medium = { type: 'string', maxLength: 4096 } as const

/** How people sign in. */
const way = { enum: ['password', 'prompts'] } as const
const yesOrNo = { type: 'boolean' } as const
const roomHistory = { enum: ['all', 'from-invitation'] } as const
/** Names a message of a conversation. */
const aMessage = { conversation: short, user: short, message: short } as const
const inAMessage = ['conversation', 'user', 'message'] as const

/** The key of a place, such as a workspace. */
const place = { type: 'string', minLength: 1, maxLength: limits.placeKey } as const

const scrollPlace = {
  type: 'object',
  nullable: true,
  properties: { position: short, offset: { type: 'number' } },
  required: ['position', 'offset'],
} as const

/** Ids of conversations. */
function few(most: number): object {
  return { type: 'array', items: short, maxItems: most }
}

function integer(maximum: number = Number.MAX_SAFE_INTEGER): object {
  return { type: 'integer', minimum: 0, maximum }
}
