import { randomBytes } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { fromText } from '../../daemon/src/protocol/ids.ts'
import {
  type MailboxKey,
  type MailKeyPair,
  makeMailKeys,
  readMailboxKey,
  sealMail,
  signMailboxKey,
} from '../../daemon/src/protocol/mailbox.ts'
import {
  CollectMailSchema,
  DepositSchema,
  EntriesSchema,
  EntrySchema,
  type Mail,
  PublishMailboxKeySchema,
  type Signed,
  TakenMailSchema,
} from '../../daemon/src/protocol/parley_pb.ts'
import { deviceOf, lookUp, type Member } from './member.ts'

const week = 7 * 24 * 3600_000

/** The mailbox of somebody who speaks the registry's protocol by hand. */
export interface Mailbox {
  readonly key: MailboxKey
  readonly keys: MailKeyPair
  readonly signed: Signed
}

/** A mailbox key of a member's device, not published yet. */
export async function mailboxOf(member: Member, changes: Partial<MailboxKey> = {}): Promise<Mailbox> {
  const keys = await makeMailKeys()
  const issued = Date.now()
  const fields = { device: deviceOf(member), id: new Uint8Array(randomBytes(8)), key: keys.publicKey }
  const key = { ...fields, issued, expires: issued + week, ...changes }
  return { key, keys, signed: signMailboxKey(key, member.identity.privateKey) }
}

export const publishMailbox = (member: Member, { signed }: Pick<Mailbox, 'signed'>) =>
  member.ask({ case: 'publishMailboxKey', value: create(PublishMailboxKeySchema, { key: signed }) }, 'done')

/** Some entries that say `text`; nobody has signed them. */
export function entriesSaying(text: string) {
  const body = new Uint8Array(Buffer.from(text))
  return create(EntriesSchema, { conversation: new Uint8Array(32), entries: [create(EntrySchema, { body })] })
}

/** Looks somebody up, seals for their first device that has a mailbox, and leaves it there. Gives the item's id. */
export async function writeTo(from: Member, to: Member, text: string): Promise<Uint8Array> {
  const { devices } = await lookUp(from, { user: fromText(to.user) })
  const listed = devices.find(({ device }) => Buffer.from(device).equals(to.identity.id))
  const device = deviceOf(to)
  const key = readMailboxKey(listed?.mailboxKey, { device, deviceKey: to.identity.spki })
  const { id, sealed } = await sealMail(entriesSaying(text), { from: deviceOf(from), device, key })
  await deposit(from, to, { id, sealed })
  return id
}

/** Leaves an item, by usual 256 bytes of nonsense. */
export function deposit(
  from: Member,
  to: Member,
  { id = randomBytes(16), sealed = randomBytes(256) }: { id?: Uint8Array; sealed?: Uint8Array } = {},
) {
  const item = { id: new Uint8Array(id), sealed: new Uint8Array(sealed) }
  const value = create(DepositSchema, { user: fromText(to.user), device: to.identity.id, ...item })
  return from.ask({ case: 'deposit', value }, 'done')
}

export const collect = (member: Member): Promise<Mail> =>
  member.ask({ case: 'collectMail', value: create(CollectMailSchema) }, 'mail')

export const take = (member: Member, ids: Uint8Array[]) =>
  member.ask({ case: 'takenMail', value: create(TakenMailSchema, { ids }) }, 'done')
