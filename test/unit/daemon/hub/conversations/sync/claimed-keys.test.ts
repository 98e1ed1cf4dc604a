import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { DirectMembers } from '../../../../../../daemon/src/hub/conversations/direct-members.ts'
import { limits } from '../../../../../../daemon/src/limits.ts'
import { readHeader } from '../../../../../../daemon/src/protocol/entries.ts'
import { type ConversationId, fromText, messageId, userId } from '../../../../../../daemon/src/protocol/ids.ts'
import { type ActBody, encodeAct, kindOf } from '../../../../../../daemon/src/protocol/membership-bodies.ts'
import { type Entry, RightsEntriesSchema } from '../../../../../../daemon/src/protocol/parley_pb.ts'
import { BarePeer, type Sealed, seal } from '../../../../../support/bare-peer.ts'
import {
  connect,
  conversationOf,
  formerOwners,
  Home,
  keyring,
  know,
  type Person,
  person,
  withUnknownDevice,
} from '../../../../../support/conversations.ts'
import { RoomPerson } from '../../../../../support/rooms.ts'

describe('somebody who claims, by a revocation, the key of another whose statements are not known', () => {
  const open: (() => unknown)[] = []

  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close()
  })

  it('in a room gets nothing of theirs, which counts as theirs once their statements are known', async () => {
    const { bob, home, room, mallory, peer } = await begin()
    const carol = withUnknownDevice({ user: userId(randomBytes(16)), name: 'carol', displayName: 'carol' })
    await bob.invite(room, carol)
    const rights = () => [...(home.conversations.membersOf(room)?.rights ?? [])]
    const joining = act(carol, room, { is: 'joining' }, rights())
    const claim = act(mallory, room, revocationOf(carol), rights())
    await says(peer, room, claim.entry, joining.entry)
    assert.equal((await peer.hear('refuse')).value.code, 'stranger')
    const members = () => home.conversations.membersOf(room)
    assert.equal(members()?.entries.size, 5, 'the founding, two invitations, a joining, and the claim itself')
    assert.equal(members()?.mayLink(carol.account.device), undefined)
    peer.conversation = room
    await peer.entries(seal(carol, room, 'hello').entry)
    assert.equal((await peer.hear('refuse')).value.code, 'stranger')
    assert.ok(!home.conversations.headsOf(room).has(carol.account.device))

    know(carol)
    await says(peer, room, joining.entry)
    assert.equal(bob.standing(room, carol), 'member')
    assert.equal(members()?.mayLink(carol.account.device)?.user, carol.user)
    assert.deepEqual(members()?.cutsOf(carol.account.device), [])
  })

  it('in a direct conversation gets nothing of them, and cuts nothing', async () => {
    const { home, mallory, peer } = await begin()
    const chat = conversationOf(home.person, mallory)
    const phone = withUnknownDevice(home.person)
    peer.conversation = chat
    const isUnheard = async () => {
      await says(peer, chat, act(mallory, chat, revocationOf(phone), [randomBytes(32)]).entry)
      await peer.hear('refuse')
      const claim = seal(mallory, chat, '', undefined, {
        kind: 39,
        body: bodyOf(revocationOf(phone)),
      })
      await peer.entries(claim.entry)
      await peer.entries(seal(phone, chat, 'from my phone').entry)
      assert.equal((await peer.hear('refuse')).value.code, 'stranger')
      assert.equal(home.conversations.membersOf(chat)?.mayLink(phone.account.device), undefined)
      assert.deepEqual(await home.texts(mallory), [])
    }
    await isUnheard()
    formerOwners.set(phone.account.device, home.person.user)
    await isUnheard()
    know(phone)
    assert.deepEqual(home.conversations.membersOf(chat)?.cutsOf(phone.account.device), [])
  })

  it('is believed of a device that their own statements call revoked', async () => {
    const { bob, home, room, mallory, peer } = await begin()
    const phone = withUnknownDevice(mallory)
    const dave = person('dave')
    const rights = [...(home.conversations.membersOf(room)?.rights ?? [])]
    const invitation = act(phone, room, { is: 'invitation', user: dave.user, from: [] }, rights)
    const revocation = act(mallory, room, revocationOf(phone), [...rights, invitation.hash])
    const held = () => home.conversations.membersOf(room)?.entries.size
    const before = held() ?? 0
    // The revocation knows of what cannot be checked yet, and so waits.
    await says(peer, room, invitation.entry, revocation.entry)
    assert.equal(held(), before)
    formerOwners.set(phone.account.device, mallory.user)
    await says(peer, room, invitation.entry, revocation.entry)
    assert.equal(held(), before + 2)
    assert.equal(home.conversations.membersOf(room)?.mayLink(phone.account.device)?.user, mallory.user)
    assert.equal(bob.standing(room, dave), 'invited')
  })

  it('and who says it any number of times is held to so many, however large they make the conversation', () => {
    const [bob, mallory] = [person('bob'), person('mallory')]
    const chat = conversationOf(bob, mallory)
    const { entry } = act(mallory, chat, revocationOf(withUnknownDevice(mallory)), [])
    const one = { ...readHeader(entry), user: mallory.user, key: mallory.account.spki }
    const began = performance.now()
    let members = new DirectMembers(new Set([bob.user, mallory.user]), keyring).with([])
    for (let count = 0; count < limits.membershipEntriesOf + 100; count++) {
      members = members.with([{ ...one, hash: randomBytes(32) }])
    }
    assert.equal(members.entries.size, limits.membershipEntriesOf)
    assert.ok(members.rights.length <= limits.rights)
    assert.ok(performance.now() - began < 10_000)
    assert.equal(
      members.with([{ ...one, hash: randomBytes(32), user: bob.user }]).entries.size,
      members.entries.size + 1,
    )
  })

  /** Bob's home with a room of which mallory is a member, whose hub says what a test has it say. */
  async function begin() {
    const home = await Home.open(person('bob'))
    open.push(() => home.stop())
    const bob = new RoomPerson(home)
    const room = await bob.found('Tea')
    const mallory = person('mallory')
    await bob.invite(room, mallory)
    const honest = new RoomPerson(await Home.open(mallory))
    connect(home, honest.home)
    await honest.stands(room, mallory, 'invited')
    await honest.join(room)
    await bob.stands(room, mallory, 'member')
    await honest.home.stop()
    const peer = new BarePeer(mallory, home)
    open.push(() => peer[Symbol.dispose]())
    await peer.begin()
    return { bob, home, room, mallory, peer }
  }
})

function revocationOf({ account: { device, spki } }: Person): ActBody {
  return { is: 'revocation', device, key: spki, cut: [] }
}

function bodyOf(body: ActBody): Uint8Array {
  return encodeAct(body, messageId(randomBytes(16)), Date.now())
}

/** A membership entry of somebody, whatever comes before it in their log. */
function act(who: Person, conversation: ConversationId, body: ActBody, rights: Uint8Array[]): Sealed {
  const place = { seq: 100, prev: [randomBytes(32)] }
  const sealed = seal(who, conversation, '', undefined, {
    kind: kindOf(body) ?? 0,
    body: bodyOf(body),
    ...place,
    rights,
  })
  return { ...sealed, hash: readHeader(sealed.entry).hash }
}

/** Resolves once what was said is taken. */
async function says(peer: BarePeer, conversation: ConversationId, ...entries: Entry[]): Promise<void> {
  await peer.say({
    case: 'rightsEntries',
    value: create(RightsEntriesSchema, { conversation: fromText(conversation), entries }),
  })
}
