import assert from 'node:assert/strict'
import { homeHint } from '../../../../daemon/src/cli/command.ts'
import { shellWord } from '../../../../daemon/src/cli/shell-word.ts'

describe('the home in a hint', () => {
  it('is as the shell of the platform takes it', () => {
    const hint = (home: string, platform: NodeJS.Platform) => homeHint({ home }, platform)
    assert.equal(hint('/srv/parley', 'linux'), ' --home /srv/parley')
    assert.equal(hint("/home/o'neil/a b", 'linux'), String.raw` --home '/home/o'\''neil/a b'`)
    assert.equal(hint(String.raw`C:\Users\me\parley`, 'win32'), String.raw` --home C:\Users\me\parley`)
    assert.equal(hint(String.raw`C:\Users\A B\parley`, 'win32'), String.raw` --home "C:\Users\A B\parley"`)
    assert.equal(homeHint({}), '')
  })
})

describe('a word of a command in a hint', () => {
  it('is one word for the shell of the platform, whatever is in it', () => {
    const word = (text: string, platform: NodeJS.Platform = 'linux') => shellWord(text, platform)
    assert.equal(word('bob'), 'bob')
    assert.equal(word('#coffee'), '"#coffee"')
    assert.equal(word('#tea club'), '"#tea club"')
    assert.equal(word('#cash $HOME'), "'#cash $HOME'")
    assert.equal(word("#bob's `x`"), String.raw`'#bob'\''s ` + "`x`'")
    assert.equal(word('#coffee', 'win32'), '"#coffee"')
  })
})
