import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { presenceFont, presenceGlyphs } from '../../../scripts/art/presence-font.ts'

const file = (path: string) => readFileSync(new URL(`../../../extension/${path}`, import.meta.url))

describe('the icons of presence', () => {
  it('are what the script draws: node scripts/art/presence-font.ts', () => {
    assert.ok(presenceFont().equals(file('media/presence.ttf')))
  })

  it('are announced to VS Code, each at its place in the font', () => {
    const { icons } = JSON.parse(file('package.json').toString()).contributes
    const expected = Object.entries(presenceGlyphs).map(([status, { code }]) => [
      `parley-${status}`,
      `\\${code.toString(16).toUpperCase()}`,
    ])
    const announced = Object.entries<{ default: { fontCharacter: string } }>(icons).map(([id, icon]) => [
      id,
      icon.default.fontCharacter,
    ])
    assert.deepEqual(announced, expected)
  })
})
