import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { describe, it } from 'mocha'
import { limits } from '../../../daemon/src/limits.ts'

describe('limits', () => {
  it('have each name once, or one would stand for another', async () => {
    const folder = new URL('../../../daemon/src/limits/', import.meta.url)
    const files = (await readdir(folder)).filter(name => name.endsWith('.ts'))
    const names: string[] = []
    for (const file of files) {
      const parts: { readonly [part: string]: object } = await import(new URL(file, folder).href)
      for (const part of Object.values(parts)) names.push(...Object.keys(part))
    }
    assert.deepEqual(
      names.filter((name, at) => names.indexOf(name) !== at),
      [],
    )
    assert.deepEqual(names.sort(), Object.keys(limits).sort())
  })
})
