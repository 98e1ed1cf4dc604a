import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { deviceId, userId } from '../../../../../daemon/src/protocol/ids.ts'
import { Boxes, type MailEntry } from '../../../../../daemon/src/registry/mailbox/boxes.ts'

const users = Array.from({ length: 3 }, () => userId(randomBytes(16)))
const devices = Array.from({ length: 3 }, () => deviceId(randomBytes(32)))
const at = <T>(list: readonly T[], index: number): T => {
  const found = list[index % list.length]
  assert.ok(found)
  return found
}

describe('what waits in mailboxes', () => {
  it('is counted right whatever comes, goes and runs out, and stays in order', () => {
    const act = fc.record({
      what: fc.constantFrom('add', 'add', 'add', 'remove', 'drop', 'wait'),
      who: fc.nat(2),
      by: fc.nat(2),
      size: fc.constantFrom(256, 512, 1024),
    })
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), acts => {
        let now = 0
        const boxes = new Boxes(() => now)
        let model: (MailEntry & { to: number })[] = []
        for (const { what, who, by, size } of acts) {
          const to = { user: at(users, who), device: at(devices, who) }
          if (what === 'add') {
            const sender = { user: at(users, by), device: at(devices, by) }
            const entry = { number: boxes.next(), id: `${model.length}`, ...sender, size, expires: now + 10 }
            boxes.add(to, entry)
            model.push({ ...entry, to: who })
          } else if (what === 'remove') {
            const [first] = model.filter(one => one.to === who)
            if (first) boxes.remove(to.device, first.number)
            model = model.filter(one => one !== first)
          } else if (what === 'drop') {
            boxes.drop(to.user)
            model = model.filter(one => one.to !== who)
          } else now += 3
          model = model.filter(({ expires }) => expires > now)
          boxes.sweep()
          assert.equal(boxes.items, model.length)
          assert.equal(
            boxes.bytes,
            model.reduce((sum, one) => sum + one.size, 0),
          )
          for (const place of [0, 1, 2]) {
            assert.deepEqual(
              boxes.of(at(devices, place)).map(({ number }) => number),
              model.filter(one => one.to === place).map(({ number }) => number),
            )
          }
        }
      }),
    )
  })

  it('makes room again when it runs out', () => {
    let now = 0
    const boxes = new Boxes(() => now, { mailItemsPerSender: 1 })
    const to = { user: at(users, 0), device: at(devices, 0) }
    const [user, device] = [at(users, 1), at(devices, 1)]
    boxes.add(to, { number: boxes.next(), id: 'a', user, device, size: 256, expires: 10 })
    assert.equal(boxes.refusal(to, user, 256), 'sender')
    now = 10
    assert.equal(boxes.refusal(to, user, 256), undefined)
    assert.deepEqual([boxes.items, boxes.recipients], [0, []])
  })
})
