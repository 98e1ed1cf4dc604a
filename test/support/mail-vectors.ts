import { createHash } from 'node:crypto'
import { create, toBinary } from '@bufbuild/protobuf'
import { type MailboxKey, type MailKeyPair, sealMail, signMailboxKey } from '../../daemon/src/protocol/mailbox.ts'
import { EntriesSchema, EntrySchema } from '../../daemon/src/protocol/parley_pb.ts'
import { annDevice, bobDevice, hex, keyOf, vectorConversation, vectorTime } from './vectors.ts'

/** What the vectors of the mailbox are made of. */
export function mailExample() {
  const { spki, scalar } = keyOf('mailbox')
  const keys: MailKeyPair = { publicKey: spki.subarray(-65), privateKey: scalar }
  const key: MailboxKey = {
    device: bobDevice.device,
    id: new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]),
    key: keys.publicKey,
    issued: vectorTime,
    expires: vectorTime + 90 * 24 * 3600_000,
  }
  const entry = create(EntrySchema, {
    header: new Uint8Array(Buffer.from('a header')),
    salt: new Uint8Array(16).fill(3),
    body: new Uint8Array(Buffer.from('a body')),
    signature: new Uint8Array(64).fill(4),
    alg: 1,
  })
  const entries = create(EntriesSchema, { conversation: vectorConversation, entries: [entry] })
  return { keys, key, entries, from: annDevice.device, device: bobDevice.device }
}

/** mailbox.json: signature and item are different each time, as both are randomised; those in the file must hold. */
export async function makeMailVectors(): Promise<object> {
  const { keys, key, entries, from, device } = mailExample()
  const { payload, signature } = signMailboxKey(key, bobDevice.privateKey)
  const { id, sealed } = await sealMail(entries, { from, device, key })
  const content = toBinary(EntriesSchema, entries)
  return {
    about: 'Golden vectors of docs/reference/wire.md, "The mailbox". Bytes are hex.',
    mailboxKey: { key: 'bob device', alg: 1, payload: hex(payload), signature: hex(signature) },
    private: hex(keys.privateKey),
    from: hex(annDevice.id),
    device: hex(bobDevice.id),
    info: hex(Buffer.from('parley/mailbox/1')),
    aad: hex(Buffer.concat([annDevice.id, bobDevice.id, key.id])),
    content: hex(content),
    contentHash: createHash('sha256').update(content).digest('hex'),
    id: hex(id),
    sealed: hex(sealed),
  }
}
