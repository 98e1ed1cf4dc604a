import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as kit from '@parley/kit'
import { limits } from '../../../daemon/src/limits.ts'
import { asPlugin } from '../../../daemon/src/plugins/offer.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const reference = readFileSync(join(root, 'docs', 'reference', 'plugins.md'), 'utf8')

describe('the reference of the plugin contracts', () => {
  it('speaks of everything that the kit gives', () => {
    const index = readFileSync(join(root, 'plugins', 'kit', 'src', 'index.ts'), 'utf8')
    const types = [...index.matchAll(/\b[A-Z]\w+/g)].map(([name]) => name)
    const missing = [...new Set([...types, ...Object.keys(kit)])].filter(
      name => !new RegExp(`\\b${name}\\b`).test(reference),
    )
    assert.deepEqual(missing, [])
  })

  it('gives the limits that hold', () => {
    const seconds = (ms: number) => `${ms / 1000} s`
    for (const words of [
      `within ${seconds(limits.pluginSetup)}`,
      `within ${seconds(limits.pluginClose)}`,
      `at most ${seconds(limits.guard)}`,
      `has ${seconds(limits.observer)} for an event`,
      `At most ${limits.observerQueue.toLocaleString('en')} events`,
    ]) {
      assert.ok(reference.includes(words), `It does not say ${JSON.stringify(words)}.`)
    }
  })

  it('begins with a plugin that works', async () => {
    const [, code = ''] = /```js\n(.*?)```/s.exec(reference) ?? []
    const kitPath = import.meta.resolve('@parley/kit')
    const module = `data:text/javascript,${encodeURIComponent(code.replace("'@parley/kit'", JSON.stringify(kitPath)))}`
    const plugin = asPlugin((await import(module)).default)
    const { guards } = await plugin.setup({} as kit.Host, { word: 'thanks' })
    const { signal } = new AbortController()
    assert.equal((await guards?.send?.({ conversation: 'c', text: 'no' }, signal))?.is, 'refuse')
    assert.equal((await guards?.send?.({ conversation: 'c', text: 'many thanks' }, signal))?.is, 'allow')
  })
})
