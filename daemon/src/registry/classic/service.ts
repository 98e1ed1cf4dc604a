import { isIPv4 } from 'node:net'
import type { Log } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import {
  type ClassicCode,
  type ClassicOnline,
  type ClassicRequest,
  classicCodes as codes,
  encodeResponse,
} from '../../protocol/classic.ts'
import { fitsClassic } from '../../protocol/classic-names.ts'
import type { SignUpPolicy } from '../../protocol/control.ts'
import { foldAlias } from '../../protocol/names.ts'
import type { ClassicAccounts } from './accounts.ts'
import { ClassicGuesses } from './guesses.ts'
import type { ClassicSessions } from './sessions.ts'

/** Someone online who is not a classic client; `ipv4` of the link that they are online by. */
export interface ModernPerson {
  readonly name: string
  readonly ipv4: string
}

/** Who is online by other means. Those whom a classic client cannot reach or name may be among them. */
export interface ModernPeople {
  find(name: string): ModernPerson | undefined
  online(): readonly ModernPerson[]
}

interface ClassicParts {
  readonly accounts: ClassicAccounts
  readonly sessions: ClassicSessions
  readonly people: ModernPeople
  readonly log: Log
  /** The classic protocol carries no invite: it registers people only where sign-up is open. */
  readonly signUp: SignUpPolicy
}

/** What a classic request is answered: the whole meaning of the classic protocol, without sockets. */
export class ClassicService {
  readonly #accounts: ClassicAccounts
  readonly #sessions: ClassicSessions
  readonly #people: ModernPeople
  readonly #log: Log
  #mayRegister: boolean
  readonly #guesses = new ClassicGuesses()

  constructor(parts: ClassicParts) {
    this.#accounts = parts.accounts
    this.#sessions = parts.sessions
    this.#people = parts.people
    this.#log = parts.log
    this.#mayRegister = parts.signUp === 'open'
  }

  /** Whether people may register from now on: as one may sign up without an invite. */
  admit(signUp: SignUpPolicy): void {
    this.#mayRegister = signUp === 'open'
  }

  /**
   * The response, with the online list behind it, to be written at once. At once where no password is at stake. Never
   * rejects but by the signal's reason: what fails within is code 50.
   */
  answer(request: ClassicRequest, address: string, signal: AbortSignal): Uint8Array | Promise<Uint8Array> {
    switch (request.is) {
      case 'register':
      case 'login':
        return this.#byPassword(request, address, signal)
      case 'search':
        return this.#search(request, address)
      case 'logout': {
        const isOut = request.username !== undefined && this.#sessions.close(request.username, address)
        return respond(request, isOut ? codes.loggedOut : codes.notOnline)
      }
      case 'online': {
        const online = this.#isOnline(request, address) ? this.#online() : []
        return encodeResponse(
          { to: request.is, code: online.length > 0 ? codes.allOnline : codes.nobodyOnline, message: '' },
          online,
        )
      }
    }
  }

  async #byPassword(request: PasswordRequest, address: string, signal: AbortSignal): Promise<Uint8Array> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(limits.request)])
    try {
      const work =
        request.is === 'register' ? this.#register(request, deadline) : this.#login(request, address, deadline)
      return respond(request, await untilAborted(work, deadline))
    } catch (error) {
      signal.throwIfAborted()
      const isExpected = error instanceof ParleyError && (error.code === 'busy' || error.code === 'throttled')
      if (!isExpected) this.#log.error({ error, request: request.is, address }, 'A classic request failed')
      return respond(request, codes.refused)
    }
  }

  async #register({ username, password }: PasswordRequest, signal: AbortSignal): Promise<ClassicCode> {
    if (!this.#mayRegister || username === undefined || password === undefined) return codes.refused
    const outcome = await this.#accounts.register(username, password, signal)
    if (outcome === 'taken') return codes.nameTaken
    return outcome === 'registered' ? codes.registered : codes.refused
  }

  async #login({ username, password }: PasswordRequest, address: string, signal: AbortSignal): Promise<ClassicCode> {
    if (username === undefined || password === undefined) return codes.invalidCredentials
    const takeBack = this.#guesses.count(username, address)
    let isWrong = false
    try {
      const login = await this.#accounts.signIn(username, password, signal)
      signal.throwIfAborted()
      isWrong = login === undefined
      if (login === undefined) return codes.invalidCredentials
      this.#guesses.right(username, address)
      return this.#sessions.open(login.alias, address, login.user) ? codes.loggedIn : codes.refused
    } finally {
      if (!isWrong) takeBack()
    }
  }

  #search(request: ClassicRequest & { is: 'search' }, address: string): Uint8Array {
    const isAsked = this.#isOnline(request, address) && request.sought !== undefined
    const found = isAsked ? this.#find(request.sought) : undefined
    return found
      ? encodeResponse({ to: 'search', code: codes.found, message: found.address })
      : respond(request, codes.notFound)
  }

  #isOnline(request: ClassicRequest, address: string): boolean {
    return request.username !== undefined && this.#sessions.isOnline(request.username, address)
  }

  #find(name: string): ClassicOnline | undefined {
    const classic = this.#sessions.find(name)
    if (classic && isIPv4(classic.address)) return classic
    const modern = this.#people.find(foldAlias(name))
    return modern && isVisible(modern) ? { name: modern.name, address: modern.ipv4 } : undefined
  }

  #online(): ClassicOnline[] {
    const rows = new Map<string, ClassicOnline>()
    for (const person of this.#people.online()) {
      if (isVisible(person)) rows.set(foldAlias(person.name), { name: person.name, address: person.ipv4 })
    }
    for (const user of this.#sessions.list()) {
      if (isIPv4(user.address)) rows.set(foldAlias(user.name), user)
    }
    return [...rows.values()]
  }
}

type PasswordRequest = ClassicRequest & { is: 'register' | 'login' }

function respond(request: ClassicRequest, code: ClassicCode): Uint8Array {
  return encodeResponse({ to: request.is, code, message: '' })
}

/** Classic packets have room for an IPv4 address and 10 bytes of name; who has neither does not appear. */
function isVisible(person: ModernPerson): boolean {
  return isIPv4(person.ipv4) && fitsClassic(person.name)
}

/** `work`, or the signal's reason if that comes first; a late failure of `work` is then nobody's concern. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return await new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
