import { ParleyError } from '../../daemon/src/errors.ts'
import type { CheckInfo, DeviceInfo, ListedInvite, PersonInfo, RequestInfo } from '../../daemon/src/protocol/control.ts'
import type { FakeHub } from './fake-hub.ts'

/** A fake hub that also has devices, safety numbers, chat requests and checks, as a test sets them. */
export interface AskingHub extends FakeHub {
  /** What was asked of these methods, in order: the method and its parameters. */
  readonly asked: readonly (readonly [method: string, params: unknown])[]
  setDevices(devices: readonly DeviceInfo[]): void
  setRequests(requests: readonly RequestInfo[]): void
  setChecks(checks: readonly CheckInfo[]): void
  setInvites(invites: readonly ListedInvite[]): void
}

export const thirtyDigits = '12345 67890 24680 13579 98765 43210'
export const sixtyDigits = `${thirtyDigits} 11223 44556 67788 99001 12233 44559`

/** Adds all of that to a fake hub, whose people it verifies and blocks. */
export function askingHub(hub: FakeHub): AskingHub {
  const asked: [string, unknown][] = []
  const blocked = new Map<string, PersonInfo>()
  let devices: readonly DeviceInfo[] = []
  let requests: readonly RequestInfo[] = []
  let checks: readonly CheckInfo[] = []
  let invites: readonly ListedInvite[] = []
  let policy: 'ask' | 'accept' = 'ask'
  let isDirect = false
  const note = (method: string, params: unknown) => void asked.push([method, params])
  const nameOf = (who: string) => who.replace(/^with-/, '')
  const personOf = (who: string) => {
    const found = hub.people().people.find(({ name }) => name === nameOf(who))
    if (found) return found
    throw new ParleyError('unknown-user', `Nobody here is called ${nameOf(who)}.`)
  }
  const setDevices = (now: readonly DeviceInfo[]) => {
    devices = now
    hub.announce({ pendingDevices: true })
  }
  const setRequests = (now: readonly RequestInfo[]) => {
    requests = now
    hub.announce({ requests: true })
  }
  const parts: Omit<AskingHub, keyof FakeHub> & Partial<FakeHub> = {
    asked,
    setDevices,
    setRequests,
    setChecks: now => {
      checks = now
    },
    setInvites: now => {
      invites = now
    },
    status: () => ({ ...hub.status(), isDirect }),
    snapshot: () => ({
      ...hub.snapshot(),
      requests,
      pendingDevices: devices.filter(({ isPending }) => isPending),
    }),
    devices: {
      devices: async () => ({ devices, hasAccountKey: true }),
      approveDevice: async params => {
        note('approveDevice', params)
        const found = devices.find(({ device }) => device === params.device)
        if (!found) throw new ParleyError('usage', 'There is no such device.')
        setDevices(devices.map(each => (each === found ? { ...each, isPending: false } : each)))
        return found
      },
      revokeDevice: async params => {
        note('revokeDevice', params)
        setDevices(devices.filter(({ device }) => device !== params.device))
        return {}
      },
      newAccountKey: async params => {
        note('newAccountKey', params)
        hub.setAccount({ state: 'online' })
        return hub.setAvailability({ availability: 'available' })
      },
    },
    passwords: {
      changePassword: async params => {
        note('changePassword', params)
        return {}
      },
      resetPassword: async params => {
        note('resetPassword', params)
        return hub.setAvailability({ availability: 'available' })
      },
      setClassic: async params => {
        note('setClassic', params)
        return {}
      },
    },
    trust: {
      safetyNumber: async ({ with: who }) => ({ person: personOf(who), digits: sixtyDigits }),
      setVerified: async params => {
        note('setVerified', params)
        hub.setPerson(nameOf(params.with), { trust: params.verified ? 'verified' : undefined })
        return personOf(params.with)
      },
      acceptKey: async params => {
        note('acceptKey', params)
        hub.setPerson(nameOf(params.with), { trust: undefined })
        return personOf(params.with)
      },
    },
    strangers: {
      connect: async params => {
        note('connect', params)
        return { state: 'asked' }
      },
      requests: async () => ({ requests, policy }),
      answerRequest: async params => {
        note('answerRequest', params)
        setRequests(requests.filter(({ id }) => id !== params.id))
        return {}
      },
      setRequestPolicy: async params => {
        note('setRequestPolicy', params)
        policy = params.policy
        return {}
      },
      block: async params => {
        note('block', params)
        const name = nameOf(params.with)
        hub.setPerson(name, { isBlocked: params.blocked || undefined })
        if (params.blocked) blocked.set(name, personOf(params.with))
        else blocked.delete(name)
        return {}
      },
      blocked: async () => ({ people: [...blocked.values()] }),
    },
    invites: {
      invite: async () => {
        throw new ParleyError('unsupported', 'Nobody is invited here.')
      },
      invites: async () => ({ invites }),
      revokeInvite: async params => {
        note('revokeInvite', params)
        invites = invites.filter(({ id }) => id !== params.id)
        return {}
      },
    },
    setDirect: async params => {
      note('setDirect', params)
      isDirect = params.direct
      return {}
    },
    checks: () => checks.map(({ about, ...found }) => ({ about, look: () => found })),
  }
  return Object.assign(Object.create(hub) as FakeHub, parts as Omit<AskingHub, keyof FakeHub>)
}
