import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { avatarColours, colourOf, initialsOf } from '../../../../../extension/surface/style/initials.ts'

const styles = join(import.meta.dirname, '../../../../../extension/surface/style')

describe('an avatar', () => {
  it('has the first letters of a name', () => {
    assert.equal(initialsOf('Alice Kim'), 'AK')
    assert.equal(initialsOf('bob'), 'B')
    assert.equal(initialsOf('Ana Maria de la Cruz'), 'AC')
    assert.equal(initialsOf('王小明'), '王')
    assert.equal(initialsOf('محمد علي'), 'مع')
    assert.equal(initialsOf('élodie'), 'É')
    assert.equal(initialsOf('👩‍💻 Dev'), '👩D')
  })

  it('has something for any name', () => {
    assert.equal(initialsOf(''), '?')
    assert.equal(initialsOf('...'), '?')
    assert.equal(initialsOf('\u202ebob'), 'B')
    assert.ok(initialsOf(`e${'\u0301'.repeat(1000)}`).length < 5)
    assert.ok(initialsOf('x'.repeat(100_000)).length === 1)
  })

  it('has a colour of the person, and people have different ones', () => {
    assert.equal(colourOf('abc'), colourOf('abc'))
    const colours = Array.from({ length: 500 }, (_, number) => colourOf(`user${number}`))
    assert.equal(new Set(colours).size, avatarColours)
  })

  it('can be read: 4.5 to 1 for its letters, 3 to 1 on the darkest and the lightest editor', () => {
    const rules = [
      ...readFileSync(join(styles, 'people.css'), 'utf8').matchAll(/\.avatar-(\d+) \{\s*background: (#\w{6})/g),
    ]
    assert.equal(rules.length, avatarColours)
    for (const [, number, colour = ''] of rules) {
      assert.ok(contrast('#ffffff', colour) >= 4.5, `avatar-${number} has ${contrast('#ffffff', colour).toFixed(2)}`)
      assert.ok(
        contrast('#121314', colour) >= 3,
        `avatar-${number} on dark has ${contrast('#121314', colour).toFixed(2)}`,
      )
    }
  })
})

describe('the colours of code', () => {
  const css = readFileSync(join(styles, 'colours.css'), 'utf8')
  const grounds = { body: '#2b2b2b', 'body.vscode-light': '#eaeaea', 'body.vscode-high-contrast-light': '#f2f2f2' }

  for (const [theme, ground] of Object.entries(grounds)) {
    it(`can be read in ${theme}: 4.5 to 1`, () => {
      const rule = css.slice(css.indexOf(`\n${theme} {`), css.indexOf('}', css.indexOf(`\n${theme} {`)))
      const colours = [...rule.matchAll(/--code-(\w+): (#\w{6})/g)]
      assert.equal(colours.length, 15)
      for (const [, name, colour = ''] of colours) {
        assert.ok(contrast(ground, colour) >= 4.5, `${name} has ${contrast(ground, colour).toFixed(2)}`)
      }
    })
  }
})

/** WCAG 2.2, relative luminance and contrast ratio. */
function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map(at => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
