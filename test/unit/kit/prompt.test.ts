import assert from 'node:assert/strict'
import { ask, encodeAnswer, encodePrompt, type Prompt, promptLimits, readAnswer, readPrompt } from '@parley/kit'

const bytes = (text: string) => new TextEncoder().encode(text)
const fault = { name: 'PromptError' }

describe('prompts', () => {
  it('are JSON on the wire, and read back as they were', () => {
    const prompts: Prompt[] = [
      { kind: 'secret', text: 'Password of alice' },
      { kind: 'text', text: 'Which town?\nIn one word: Zürich 🙂' },
      { kind: 'link', text: 'https://id.example/device?code=ab-12' },
      { kind: 'link', text: 'http://127.0.0.1:8080/' },
      { kind: 'text', text: '\\'.repeat(promptLimits.text) },
    ]
    for (const prompt of prompts) assert.deepEqual(readPrompt(encodePrompt(prompt)), prompt)
    assert.equal(new TextDecoder().decode(encodePrompt({ kind: 'text', text: 'a' })), '{"text":"a","kind":"text"}')
    assert.deepEqual(readPrompt(bytes('{"kind":"text","text":"a","hint":1}')), { kind: 'text', text: 'a' })
  })

  it('are refused when no front end could show them', () => {
    const wrong = ['', '{', 'null', '[]', '1', '{}', '{"kind":"text"}', '{"text":"a"}', '{"kind":"text","text":" "}']
    const kinds = ['{"kind":"page","text":"a"}', '{"kind":"text","text":1}', '{"kind":["text"],"text":"a"}']
    for (const json of [...wrong, ...kinds]) assert.throws(() => readPrompt(bytes(json)), fault, json)
    assert.throws(() => readPrompt(Uint8Array.of(0x7b, 0xff, 0x7d)), fault)
    assert.throws(() => readPrompt(new Uint8Array(64 * 1024).fill(0x20)), fault)
    assert.throws(() => encodePrompt({ kind: 'text', text: 'a'.repeat(promptLimits.text + 1) }), fault)
  })

  it('link to nothing but pages over TLS', () => {
    const links = [
      'javascript:alert(1)',
      'http://id.example/',
      'file:///etc/passwd',
      'https://bank.example@evil.example/',
      'https://id.example/ a',
      'https://id.example/\u202eexe',
      'vscode://parley.parley-chat/join',
      `https://id.example/${'a'.repeat(promptLimits.link)}`,
      '//id.example',
    ]
    for (const text of links) assert.throws(() => encodePrompt({ kind: 'link', text }), fault, text)
  })

  it('take answers of any text that fits, composed as it is stored elsewhere', () => {
    for (const text of ['', ' a b ', 'päss\0wörd', '🙂'.repeat(100)]) assert.equal(readAnswer(encodeAnswer(text)), text)
    assert.equal(readAnswer(encodeAnswer('e\u0301')), '\u00e9')
    assert.throws(() => encodeAnswer('ä'.repeat(promptLimits.answer / 2 + 1)), fault)
    assert.throws(() => readAnswer(new Uint8Array(promptLimits.answer + 1)), fault)
    assert.throws(() => readAnswer(Uint8Array.of(0xc3)), fault)
  })

  it('are asked in one challenge', async () => {
    const asked: Prompt[] = []
    const challenge = async (data: Uint8Array) => {
      asked.push(readPrompt(data))
      return bytes('hunter2')
    }
    assert.equal(await ask({ challenge }, { kind: 'secret', text: 'Password' }), 'hunter2')
    assert.deepEqual(asked, [{ kind: 'secret', text: 'Password' }])
    await assert.rejects(ask({ challenge: async () => Uint8Array.of(0xff) }, { kind: 'text', text: 'a' }), fault)
  })
})
