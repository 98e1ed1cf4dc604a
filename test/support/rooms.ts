import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { RoomMembers } from '../../daemon/src/hub/conversations/membership/room-members.ts'
import type { StoredMessage } from '../../daemon/src/hub/conversations/types.ts'
import type { RoomHistory } from '../../daemon/src/protocol/control-infos.ts'
import { type ConversationId, type MessageId, messageId } from '../../daemon/src/protocol/ids.ts'
import type { Membership } from '../../daemon/src/protocol/membership.ts'
import { type ActBody, type CutHead, encodeAct, kindOf } from '../../daemon/src/protocol/membership-bodies.ts'
import { type Home, type Person, registry } from './conversations.ts'

/** What a person does in rooms from one of their homes, without the checks of a hub. */
export class RoomPerson {
  readonly home: Home

  constructor(home: Home) {
    this.home = home
  }

  get person(): Person {
    return this.home.person
  }

  found(name: string, history: RoomHistory = 'all'): Promise<ConversationId> {
    const nonce = new Uint8Array(randomBytes(16))
    const founding = { is: 'founding', registry, user: this.person.user, name, topic: '', history, nonce } as const
    return this.home.conversations.found(encodeAct(founding, newId(), Date.now()))
  }

  act(room: ConversationId, body: ActBody): Promise<Uint8Array> {
    return this.home.conversations.enact(room, kindOf(body) ?? 0, encodeAct(body, newId(), Date.now()))
  }

  invite(room: ConversationId, who: Person, from: readonly CutHead[] = []): Promise<Uint8Array> {
    return this.act(room, { is: 'invitation', user: who.user, from })
  }

  join(room: ConversationId): Promise<Uint8Array> {
    return this.act(room, { is: 'joining' })
  }

  remove(room: ConversationId, who: Person): Promise<Uint8Array> {
    return this.act(room, { is: 'removal', user: who.user, cut: this.heads(room, who) })
  }

  send(room: ConversationId, text: string): Promise<StoredMessage> {
    return this.home.conversations.sendTo(room, { message: newId(), text, written: Date.now() })
  }

  /** The last entries of somebody's devices there, of everybody's without one. */
  heads(room: ConversationId, who?: Person): CutHead[] {
    const heads = [...this.home.conversations.headsOf(room)]
    const wanted = heads.filter(([device]) => {
      return !who || this.home.conversations.membersOf(room)?.mayLink(device)?.user === who.user
    })
    return wanted.flatMap(([device, places]) => places.map(({ seq, hash }) => ({ device, seq, hash })))
  }

  membership(room: ConversationId): Membership | undefined {
    const members = this.home.conversations.membersOf(room)
    if (members === undefined) return undefined
    assert.ok(members instanceof RoomMembers)
    return members.membership
  }

  /** How somebody stands there, as this home knows. */
  standing(room: ConversationId, who: Person): string | undefined {
    return this.membership(room)?.standings.get(who.user)
  }

  /** What is shown: texts, and what happened in brackets. */
  async shown(room: ConversationId): Promise<string[]> {
    const { messages } = await this.home.conversations.history(room, { limit: 500 })
    return messages.map(({ text, event }) => (event ? `[${event.is}${event.text ? ` ${event.text}` : ''}]` : text))
  }

  /** Resolves once exactly this is shown, events aside. */
  async showsTexts(room: ConversationId, expected: readonly string[]): Promise<void> {
    let last: string[] = []
    const holds = async () => {
      last = (await this.shown(room)).filter(text => !text.startsWith('['))
      return JSON.stringify(last.toSorted()) === JSON.stringify([...expected].sort())
    }
    await this.home.until(`shows ${expected.join(', ')}`, holds, 8_000).catch(error => {
      assert.deepEqual(last.toSorted(), [...expected].sort(), String(error))
      throw error
    })
  }

  /** Resolves once somebody stands so, as this home knows. */
  stands(room: ConversationId, who: Person, standing: string): Promise<void> {
    const what = `${who.name} is ${standing}`
    return this.home.until(what, () => this.standing(room, who) === standing, 8_000)
  }
}

function newId(): MessageId {
  return messageId(new Uint8Array(randomBytes(16)))
}
