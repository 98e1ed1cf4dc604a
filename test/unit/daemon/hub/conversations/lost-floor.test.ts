import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { fromText } from '../../../../../daemon/src/protocol/ids.ts'
import { HeadSchema, WantSchema } from '../../../../../daemon/src/protocol/parley_pb.ts'
import { BarePeer } from '../../../../support/bare-peer.ts'
import { connect, Home, person } from '../../../../support/conversations.ts'
import { CountedStorage } from '../../../../support/counted-storage.ts'
import { RoomPerson } from '../../../../support/rooms.ts'

describe('somebody who was invited behind what nobody holds', () => {
  for (const seq of [1, 2 ** 43]) {
    it(`has a log looked through once, however often they ask for it: behind number ${seq}`, async () => {
      const storage = new CountedStorage()
      await using ann = await Home.open(person('ann'), storage.counted)
      const bob = person('bob')
      const founder = new RoomPerson(ann)
      const room = await founder.found('Tea', 'from-invitation')
      const { device } = ann.person.account
      await founder.invite(room, bob, [{ device, seq, hash: randomBytes(32) }])
      {
        await using home = await Home.open(bob)
        const guest = new RoomPerson(home)
        connect(ann, home)
        await guest.stands(room, bob, 'invited')
        await guest.join(room)
        await founder.stands(room, bob, 'member')
      }
      for (let number = 0; number < 100; number++) await founder.send(room, `text ${number}`)
      await ann.conversations.mail.mailFor(bob.user, bob.account.device, 1_000)
      using peer = new BarePeer(bob, ann)
      peer.conversation = room
      await peer.want(0)
      const before = storage.rows
      const whole = create(HeadSchema, { device: fromText(device) })
      const known = Array.from({ length: 1_000 }, () => whole)
      const want = create(WantSchema, { conversation: fromText(room), known })
      for (let times = 0; times < 10; times++) {
        await peer.say({ case: 'want', value: want })
        await founder.send(room, `text ${100 + times}`)
        await ann.conversations.mail.mailFor(bob.user, bob.account.device, 1_000)
      }
      assert.ok(storage.rows - before < 1_000, `${storage.rows - before} rows were read`)
    })
  }
})
