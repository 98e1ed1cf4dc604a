import { create } from '@bufbuild/protobuf'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { type DeviceId, deviceId } from '../../protocol/ids.ts'
import {
  type DeviceList,
  DeviceListSchema,
  RegisteredDeviceSchema,
  type Signed,
  type SignedIn,
  SignedInSchema,
} from '../../protocol/parley_pb.ts'
import type { Attestations } from '../attestations.ts'
import type { HeldDevice } from '../device-rows.ts'
import type { Devices } from '../devices.ts'
import { Pace } from '../relay/pace.ts'
import type { Session, Sessions } from '../sessions.ts'
import { type Answers, done } from './answers.ts'

interface DevicesAnswersParts {
  readonly devices: Devices
  readonly sessions: Sessions
  readonly attestations: Attestations
}

/** What a device may ask about the devices of its own account. */
export function devicesAnswers(parts: DevicesAnswersParts): Answers {
  const { devices, attestations } = parts
  // For each device: a stolen one must not keep its owner from revoking it.
  const pace = new Pace<DeviceId>(limits.rosterBurst, limits.rosterEvery)
  return {
    devices: async (_asked, { session }) => ({ case: 'deviceList', value: await listFor(session, parts) }),
    async publishRoster({ roster }, { session }) {
      const retryAfter = pace.take(session.device)
      if (retryAfter > 0) {
        throw new ParleyError('throttled', 'The list of devices was changed too often. Wait a moment.', { retryAfter })
      }
      await devices.publish(session, roster)
      return done()
    },
    async newAccountKey(asked, { session }) {
      await devices.replaceKey(session, asked)
      // It waits no longer: from now on it is a session like any other.
      return { case: 'signedIn', value: signedIn(session, asked.roster, attestations) }
    },
    async dropDevice({ device }, { session }) {
      await devices.drop(session, deviceId(device))
      return done()
    },
  }
}

/** What a session begins with, as its device is told. */
export function signedIn(
  { id, account, isPending }: Session,
  roster: Signed | undefined,
  attestations: Attestations,
): SignedIn {
  return create(SignedInSchema, {
    session: id,
    beatInterval: limits.beatInterval,
    attestation: attestations.current(account),
    ...(roster ? { roster } : {}),
    pending: isPending,
    role: account.role,
    classicAlias: account.classicAlias ?? '',
  })
}

/** All devices; to one that waits, nothing but itself: a stolen password tells nobody what a person works on. */
async function listFor(session: Session, { devices, sessions }: DevicesAnswersParts): Promise<DeviceList> {
  const { held, listed, pending } = await devices.all(session.account.user)
  const isOnline = (id: DeviceId) => sessions.ofDevice(id)?.account.user === session.account.user
  const waiting = pending.flatMap(({ id, row }) => (row ? [pendingDevice(row, isOnline(id))] : []))
  if (session.isPending) {
    const own = pending.findIndex(({ id }) => id === session.device)
    return create(DeviceListSchema, { devices: waiting.slice(own, own < 0 ? 0 : own + 1) })
  }
  const rows = new Map(listed.map(({ id, row }) => [id, row]))
  const counted = held.listed.devices.map(({ id, key, name, added }) => {
    const seen = rows.get(id)?.seen ?? 0n
    return create(RegisteredDeviceSchema, { key, name, added: BigInt(added), seen, online: isOnline(id) })
  })
  return create(DeviceListSchema, { devices: [...counted, ...waiting] })
}

function pendingDevice({ key, name, added, seen, address }: NonNullable<HeldDevice['row']>, online: boolean) {
  return create(RegisteredDeviceSchema, { key, name, added, seen, pending: true, online, address })
}
