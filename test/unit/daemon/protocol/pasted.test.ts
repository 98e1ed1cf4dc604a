import assert from 'node:assert/strict'
import fc from 'fast-check'
import { editorLink, formatParleyLink } from '../../../../daemon/src/protocol/addresses.ts'
import { registryId } from '../../../../daemon/src/protocol/ids.ts'
import { findParleyLink, readPasted } from '../../../../daemon/src/protocol/pasted.ts'

const registry = registryId(new Uint8Array(32).fill(7))
const place = { host: '192.168.1.5', port: 3131, registry }
const invite = formatParleyLink({ ...place, code: new Uint8Array(16).fill(9) })
const address = formatParleyLink(place)

describe('what a person pastes', () => {
  it('is an invite with a mail around it, in any of its three forms', () => {
    const forms = [
      `Join Acme on Parley.\n\nor open\n${editorLink(invite)}\n\nIn a terminal:\nPARLEY_INVITE='${invite}' parley sign-up NAME`,
      `Hi Bob,\r\nhere you go: ${invite}.\r\nAlice`,
      `> run  PARLEY_INVITE='${invite}' parley sign-up NAME`,
      `“${invite}”, she said`,
      `<${invite}>`,
      `[join us](${editorLink(invite, 'vscodium')})!`,
      `see *${editorLink(invite)}*,`,
      `vscode://parley.parley-chat/join?link=${invite}`,
    ]
    for (const text of forms) assert.equal(formatParleyLink(readPasted(text).link), invite, text)
  })

  it('is an invite whose lines a box of one line has glued together', () => {
    const lines = [
      'Join Acme on Parley.',
      'In VS Code with Parley: choose "Join a Team" and paste this message, or open',
      editorLink(invite),
      'In a terminal:',
      `PARLEY_INVITE='${invite}' parley sign-up NAME`,
      'The link alone:',
      invite,
      'It works once, until 2026-11-30 07:19 UTC.',
    ]
    for (const from of [0, 2, 4, 6]) {
      const text = lines.slice(from).join('')
      assert.equal(formatParleyLink(readPasted(text).link), invite, text)
    }
    assert.equal(formatParleyLink(readPasted(`${lines[2]}${lines[7]}`).link), invite)
    assert.equal(formatParleyLink(readPasted(`${address}It is ours`).link), address)
  })

  it('counts a link with a code before one without, and a whole one before a cut one', () => {
    assert.equal(formatParleyLink(readPasted(`${address}\n${invite}`).link), invite)
    assert.equal(formatParleyLink(readPasted(`${invite.slice(0, -3)}\n${invite}`).link), invite)
    assert.throws(() => readPasted(invite.slice(0, -3)), { code: 'bad-address', message: /cut or mistyped/ })
  })

  it('is an address, with or without a port', () => {
    const read = (text: string) => {
      const { link, hasPort } = readPasted(text)
      return [link.host, link.port, hasPort]
    }
    assert.deepEqual(read(' chat.example.com '), ['chat.example.com', 3131, false])
    assert.deepEqual(read('chat.example.com:3131'), ['chat.example.com', 3131, true])
    assert.deepEqual(read('[::1]'), ['::1', 3131, false])
    assert.deepEqual(read('[::1]:5858'), ['::1', 5858, true])
    assert.deepEqual(read('parley://[::1]'), ['::1', 3131, true])
    assert.deepEqual(read('parley://chat.example.com/'), ['chat.example.com', 3131, true])
  })

  it('is refused in words when there is nothing to go by', () => {
    assert.throws(() => readPasted('see you at the pub'), {
      code: 'bad-address',
      message: /no Parley link in this text/,
    })
    assert.throws(() => readPasted('https://example.com'), { code: 'bad-address', message: /no Parley link/ })
    assert.throws(() => readPasted(''), { code: 'bad-address' })
    assert.throws(() => readPasted(`${invite} ${'x'.repeat(20_000)}`), { code: 'bad-address', message: /too long/ })
    assert.throws(() => readPasted(invite.replace('v=1', 'v=2')), { code: 'too-old' })
  })

  it('is found in a clipboard only if it is a link', () => {
    assert.equal(findParleyLink(`Hi!\n${invite}`), invite)
    for (const text of ['localhost', 'hello', 'parley', 'parley://', '', 'xparley://a', invite.slice(0, -3)]) {
      assert.equal(findParleyLink(text), undefined, text)
    }
  })

  it('is read in no time, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('a', 'parley://', '/join?', '[', '.', ' ', '#', '%23', 'v=1a'),
          maxLength: 2000,
        }),
        text => {
          const began = performance.now()
          findParleyLink(text)
          assert.ok(performance.now() - began < 500)
        },
      ),
      { numRuns: 50 },
    )
  })
})
