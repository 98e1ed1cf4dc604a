import { limits } from '../limits.ts'
import { isLong, isNames, isOptional, isRecord, isShort, isText, isWhole, isYesOrNo, readEnclosed } from './enclosed.ts'
import type { Place, SurfaceAction, SurfaceMethod, SurfaceRequests, SurfaceState } from './messages.ts'

/** What answers the requests of a surface. */
export type SurfaceHandlers = {
  readonly [Method in SurfaceMethod]: (params: SurfaceRequests[Method][0]) => Promise<SurfaceRequests[Method][1]>
}

/** What a surface's message holds once it is checked. `bad`: a request that has to be refused. */
export type Checked =
  | { readonly is: 'ready' }
  | { readonly is: 'request'; readonly id: number; readonly method: SurfaceMethod; readonly ask: Ask }
  | { readonly is: 'bad'; readonly id: number; readonly why: string }

/** Puts a request, with its checked parameters, to those who answer it. */
type Ask = (handlers: SurfaceHandlers) => Promise<SurfaceRequests[SurfaceMethod][1]>

/**
 * The one place where what comes from a surface is checked. `undefined`: nothing that a surface of ours would say, and
 * nothing that could be answered.
 */
export function checkFromSurface(given: unknown): Checked | undefined {
  if (!isRecord(given)) return undefined
  if (given.is === 'ready') return { is: 'ready' }
  const { is, id, method, params } = given
  if (is !== 'request' || typeof id !== 'number' || !Number.isSafeInteger(id)) return undefined
  if (!isMethod(method)) return { is: 'bad', id, why: 'There is no such request.' }
  const ask = isRecord(params) ? readRequest(method, params) : undefined
  return ask
    ? { is: 'request', id, method, ask }
    : { is: 'bad', id, why: `The request ${method} is not as it should be.` }
}

function readRequest<Method extends SurfaceMethod>(
  method: Method,
  params: Readonly<Record<string, unknown>>,
): Ask | undefined {
  const checked = readers[method](params)
  return checked && (handlers => handlers[method](checked))
}

/** What VS Code kept of a surface, as far as it can be used; `undefined`: nothing to restore a chat by. */
export function checkState(given: unknown): SurfaceState | undefined {
  if (!isRecord(given)) return undefined
  const { conversation, person } = given
  if (!isText(conversation, limits.shortText) || conversation === '') return undefined
  return { conversation, person: isText(person, limits.shortText) ? person : '' }
}

/** Reads the parameters of each method: what is known of them and nothing else; `undefined`: they are wrong. */
const readers: {
  readonly [Method in SurfaceMethod]: (
    params: Readonly<Record<string, unknown>>,
  ) => SurfaceRequests[Method][0] | undefined
} = {
  open: () => ({}),
  history: ({ before, after, from, limit }) => {
    if (!isWhole(limit, limits.surfacePage)) return undefined
    if (!isOptional(before, isShort) || !isOptional(after, isShort) || !isOptional(from, isShort)) return undefined
    return {
      limit,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      ...(from === undefined ? {} : { from }),
    }
  },
  send: params => {
    const { message, text } = params
    const enclosed = readEnclosed(params)
    if (!enclosed || !isShort(message) || !isLong(text) || (text === '' && !enclosed.files)) return undefined
    return { message, text, ...enclosed }
  },
  edit: ({ message, text, mentions, act }) => {
    if (!isShort(message) || !isLong(text) || text === '' || !isShort(act)) return undefined
    if (!isOptional(mentions, isNames)) return undefined
    return { message, text, act, ...(mentions === undefined ? {} : { mentions }) }
  },
  remove: ({ user, message, act, forAll }) =>
    isShort(user) && isShort(message) && isShort(act) && isYesOrNo(forAll) ? { user, message, act, forAll } : undefined,
  react: ({ user, message, emoji, on, act }) => {
    if (!isShort(user) || !isShort(message) || !isShort(act)) return undefined
    return isText(emoji, limits.emoji) && emoji !== '' && typeof on === 'boolean'
      ? { user, message, emoji, on, act }
      : undefined
  },
  reached: ({ message }) => (isShort(message) ? { message } : undefined),
  typing: ({ stopped }) => (isOptional(stopped, isYesOrNo) ? (stopped === undefined ? {} : { stopped }) : undefined),
  addFile: ({ name, type, data }) =>
    isShort(name) && isText(type, limits.shortText) && isText(data, limits.fileData) ? { name, type, data } : undefined,
  pickFiles: () => ({}),
  fetchFile: ({ hash }) => (isShort(hash) ? { hash } : undefined),
  cancelFile: ({ hash }) => (isShort(hash) ? { hash } : undefined),
  saveFile: ({ hash, name }) => (isShort(hash) && isShort(name) ? { hash, name } : undefined),
  image: ({ hash, size }) => (isShort(hash) && isWhole(size, limits.image) ? { hash, size } : undefined),
  copyLink: ({ position }) => (isShort(position) ? { position } : undefined),
  drop: ({ message }) => (isShort(message) ? { message } : undefined),
  writing: ({ draft }) => (isLong(draft) ? { draft } : undefined),
  save: ({ draft, scroll }) => {
    if (!isOptional(draft, isLong)) return undefined
    const kept = draft === undefined ? {} : { draft }
    if (scroll === undefined || scroll === null) return scroll === null ? { ...kept, scroll } : kept
    if (!isRecord(scroll)) return undefined
    const { position, offset } = scroll
    if (!isShort(position) || typeof offset !== 'number' || !Number.isFinite(offset)) return undefined
    return { ...kept, scroll: { position, offset } }
  },
  markRead: ({ position }) => (isShort(position) ? { position } : undefined),
  markUnread: ({ position }) => (isShort(position) ? { position } : undefined),
  openLink: ({ href }) => (isText(href, limits.link) ? { href } : undefined),
  openPlace: readPlace,
  copy: ({ text }) => (isText(text, limits.longText) ? { text } : undefined),
  selection: () => ({}),
  act: ({ what }) => (isAction(what) ? { what } : undefined),
}

function readPlace({ path, line, column, endLine }: Readonly<Record<string, unknown>>): Place | undefined {
  if (!isText(path, limits.path) || path === '' || !isLine(line)) return undefined
  if (!isOptional(column, isLine) || !isOptional(endLine, isLine)) return undefined
  return {
    path,
    line,
    ...(column === undefined ? {} : { column }),
    ...(endLine === undefined ? {} : { endLine }),
  }
}

const actions: Readonly<Record<SurfaceAction, true>> = {
  mute: true,
  unmute: true,
  restartHub: true,
  showLog: true,
  signIn: true,
  showPending: true,
  copyName: true,
  verify: true,
  acceptKey: true,
  block: true,
  unblock: true,
  checkConnection: true,
  members: true,
  inviteToRoom: true,
  roomSettings: true,
  joinRoom: true,
  declineRoom: true,
  leaveRoom: true,
  search: true,
  markUnread: true,
  pin: true,
  unpin: true,
  archive: true,
  unarchive: true,
  retention: true,
  export: true,
  clear: true,
}

function isAction(value: unknown): value is SurfaceAction {
  return typeof value === 'string' && Object.hasOwn(actions, value)
}

function isMethod(value: unknown): value is SurfaceMethod {
  return typeof value === 'string' && Object.hasOwn(readers, value)
}

function isLine(value: unknown): value is number {
  return isWhole(value, limits.line)
}
