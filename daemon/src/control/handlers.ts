import { type Check, examine } from '../doctor/doctor.ts'
import { ParleyError } from '../errors.ts'
import type { ControlMethod, ControlRequests, StatusInfo } from '../protocol/control.ts'
import type { AskPerson } from '../protocol/prompts.ts'
import type { FrontEnd } from './attention.ts'
import type { Feed } from './feed.ts'
import type { HistoryAsker, HubPart, InvitesPart, RegistryPart } from './parts.ts'
import type { Prompting } from './prompting.ts'

/** What the handlers answer from. */
export interface HandlerParts {
  readonly hub?: HubPart
  readonly registry: () => RegistryPart | undefined
  /** The daemon itself, without its parts. */
  readonly about: () => Omit<StatusInfo, 'hub' | 'registry'>
  /** What `doctor` looks at besides the parts' own. */
  readonly checks: () => readonly Check[]
  /** Begins to stop the daemon. */
  readonly stop: () => void
}

/** Every method but `hello`, which belongs to the session. */
export type Handlers = {
  readonly [Method in Exclude<ControlMethod, 'hello'>]: (
    params: ControlRequests[Method][0],
    caller: Caller,
  ) => Promise<ControlRequests[Method][1]>
}

/** Who asks. */
export interface Caller {
  /** Absent where the daemon has no hub. */
  readonly feed: Feed | undefined
  /** Absent where nobody sits in front of it. */
  readonly frontEnd: FrontEnd | undefined
  /** Asks the person in front of it. */
  readonly prompting: Prompting
  /** Aborted when who asked has gone. */
  readonly signal: AbortSignal
}

export function createHandlers({ hub, registry, about, checks, stop }: HandlerParts): Handlers {
  const theHub = (): HubPart => hub ?? absent('hub')
  const theRegistry = (): RegistryPart => registry() ?? absent('registry')
  // An admin's hub asks the registry; where a team is hosted the registry is at hand.
  const theInvites = (): InvitesPart => registry()?.invites ?? hub?.invites ?? absent('registry')
  return {
    status: async () => {
      const served = registry()
      return { ...about(), ...(hub && { hub: hub.status() }), ...(served && { registry: served.status() }) }
    },
    stop: async () => {
      // The reply goes out first.
      setImmediate(stop)
      return {}
    },
    signUp: async (params, caller) => theHub().signUp(params, askerOf(params, caller)),
    signIn: async (params, caller) => theHub().signIn(params, askerOf(params, caller)),
    answerPrompt: async (params, { prompting }) => prompting.answer(params),
    signOut: async params => theHub().signOut(params),
    who: async params => theHub().who(params),
    probe: async (params, { signal }) => theHub().probe(params, signal),
    hostTeam: async params => theHub().hostTeam(params),
    setAvailability: async params => theHub().setAvailability(params),
    send: async params => theHub().send(params),
    history: async params => theHub().history(params),
    waitDelivered: async (params, { signal }) => theHub().waitDelivered(params, signal),
    subscribe: async (_params, { feed }) => (feed ?? absent('hub')).subscribe(),
    subscribeMessages: async (params, { feed }) => {
      const conversation = await theHub().conversationWith(params.with)
      if (feed?.watchMessages(conversation)) return { conversation }
      throw new ParleyError('busy', 'This front end watches too many conversations; close one first.')
    },
    unsubscribeMessages: async (params, { feed }) => {
      feed?.unwatchMessages(params.conversation)
      return {}
    },
    subscribePeople: async (_params, { feed }) => (feed ?? absent('hub')).subscribePeople(),
    openChat: async params => theHub().chats.openChat(params),
    saveChat: async (params, { feed }) => theHub().chats.saveChat(params, feed),
    markRead: async params => theHub().chats.markRead(params),
    setMuted: async params => theHub().chats.setMuted(params),
    saveOpenChats: async params => theHub().chats.saveOpenChats(params),
    openChats: async params => theHub().chats.openChats(params),
    attend: async (params, { frontEnd }) => {
      theHub()
      if (!frontEnd) throw new ParleyError('usage', 'Only a front end that says `attached` in its hello can attend.')
      frontEnd.attend(params)
      return {}
    },
    editMessage: async params => needed(theHub().messages).editMessage(params),
    deleteMessage: async params => needed(theHub().messages).deleteMessage(params),
    react: async params => needed(theHub().messages).react(params),
    reached: async params => needed(theHub().messages).reached(params),
    typing: async params => needed(theHub().messages).typing(params),
    createRoom: async params => needed(theHub().rooms).createRoom(params),
    room: async params => needed(theHub().rooms).room(params),
    inviteToRoom: async params => needed(theHub().rooms).inviteToRoom(params),
    joinRoom: async params => needed(theHub().rooms).joinRoom(params),
    leaveRoom: async params => needed(theHub().rooms).leaveRoom(params),
    changeRoom: async params => needed(theHub().rooms).changeRoom(params),
    removeFromRoom: async params => needed(theHub().rooms).removeFromRoom(params),
    setRoomRole: async params => needed(theHub().rooms).setRoomRole(params),
    search: async params => needed(theHub().archive).search(params),
    exportHistory: async (params, caller) => needed(theHub().archive).exportHistory(params, historyAsker(caller)),
    importHistory: async (params, caller) => needed(theHub().archive).importHistory(params, historyAsker(caller)),
    setRetention: async params => needed(theHub().archive).setRetention(params),
    clearHistory: async params => needed(theHub().archive).clearHistory(params),
    addFile: async (params, { feed, signal }) => {
      const file = await needed(theHub().files).addFile(params, signal)
      feed?.watchFile(file.hash)
      return file
    },
    fetchFile: async (params, { feed }) => {
      feed?.watchFile(params.hash)
      return needed(theHub().files).fetchFile(params)
    },
    cancelFile: async params => needed(theHub().files).cancelFile(params),
    saveFile: async params => needed(theHub().files).saveFile(params),
    setArchived: async params => theHub().chats.setArchived(params),
    setPinned: async params => theHub().chats.setPinned(params),
    markUnread: async params => theHub().chats.markUnread(params),
    setReceipts: async params => theHub().chats.setReceipts(params),
    devices: async params => needed(theHub().devices).devices(params),
    approveDevice: async params => needed(theHub().devices).approveDevice(params),
    revokeDevice: async params => needed(theHub().devices).revokeDevice(params),
    newAccountKey: async params => needed(theHub().devices).newAccountKey(params),
    changePassword: async (params, caller) =>
      needed(theHub().passwords).changePassword(params, askerOf(params, caller)),
    resetPassword: async (params, caller) => needed(theHub().passwords).resetPassword(params, askerOf(params, caller)),
    setClassic: async params => needed(theHub().passwords).setClassic(params),
    safetyNumber: async params => needed(theHub().trust).safetyNumber(params),
    setVerified: async params => needed(theHub().trust).setVerified(params),
    acceptKey: async params => needed(theHub().trust).acceptKey(params),
    connect: async params => needed(theHub().strangers).connect(params),
    requests: async params => needed(theHub().strangers).requests(params),
    answerRequest: async params => needed(theHub().strangers).answerRequest(params),
    setRequestPolicy: async params => needed(theHub().strangers).setRequestPolicy(params),
    block: async params => needed(theHub().strangers).block(params),
    blocked: async params => needed(theHub().strangers).blocked(params),
    setDirect: async params => needed(theHub().setDirect)(params),
    doctor: async (_params, { signal }) => ({
      checks: await examine([...checks(), ...(hub?.checks?.() ?? []), ...(registry()?.checks?.() ?? [])], { signal }),
    }),
    invite: async params => theInvites().invite(params),
    invites: async params => theInvites().invites(params),
    revokeInvite: async params => theInvites().revokeInvite(params),
    users: async params => needed(theRegistry().users).users(params),
    user: async params => needed(theRegistry().users).user(params),
    setUser: async params => needed(theRegistry().users).setUser(params),
    deleteUser: async params => needed(theRegistry().users).deleteUser(params),
    resetUser: async params => needed(theRegistry().users).resetUser(params),
    backup: async params => needed(theRegistry().backup)(params),
    announce: async params => needed(theRegistry().announce)(params),
    metrics: async params => needed(theRegistry().metrics)(params),
    reload: async params => needed(theRegistry().reload)(params),
  }
}

function askerOf({ prompts }: { prompts?: boolean }, { prompting }: Caller): AskPerson | undefined {
  return prompts ? prompting.ask : undefined
}

function historyAsker({ feed, signal }: Caller): HistoryAsker {
  return { gone: signal, told: progress => signal.aborted || feed?.tellHistory(progress) }
}

function needed<Part>(part: Part | undefined): Part {
  if (part !== undefined) return part
  throw new ParleyError('unsupported', 'The daemon of this home cannot do this. Update Parley.')
}

function absent(part: 'hub' | 'registry'): never {
  throw new ParleyError(
    'unsupported',
    part === 'hub'
      ? 'The daemon of this home is a registry, which has no chats; give your own hub another home with --home.'
      : 'The daemon of this home is a hub; give the home of a registry with --home.',
  )
}
