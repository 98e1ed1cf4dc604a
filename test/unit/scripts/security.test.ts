import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

const root = path.join(import.meta.dirname, '..', '..', '..')
const read = (file: string) => {
  const whole = path.join(root, file)
  return existsSync(whole) ? readFileSync(whole, 'utf8') : undefined
}

describe('SECURITY.md', () => {
  it('names for each "cannot" a test that exists', () => {
    const text = read('SECURITY.md') ?? ''
    assert.ok(claimsIn(text).length > 30)
    assert.deepEqual(faultsOf(text), [])
  })

  it('is led to by what people read first', () => {
    for (const file of ['README.md', 'ARCHITECTURE.md']) assert.match(read(file) ?? '', /\(SECURITY\.md\)/)
  })

  it('would be found wrong with a claim that nothing shows, or that names what is not there', () => {
    const here = 'test/unit/scripts/security.test.ts'
    const row = (shown: string) => `| it cannot | shown by |\n| --- | --- |\n| fly | ${shown} |\n`
    assert.deepEqual(faultsOf(row(`\`${here}\` “is led to by what people read first”`)), [])
    assert.match(String(faultsOf(row(''))), /fly: nothing/)
    assert.match(String(faultsOf(row('@later'))), /fly: nothing/)
    assert.match(String(faultsOf(row(`\`${here}\``))), /fly: nothing/)
    assert.match(String(faultsOf(row('`test/none.test.ts` “flies”'))), /fly: test\/none\.test\.ts/)
    assert.match(String(faultsOf(row(`\`${here}\` “is led to by what”`))), /“is led to by what”/)
    assert.match(String(faultsOf(row(`\`${here}\` “names for each "cannot" a test that exists” and @more`))), /@more/)
  })

  it('may name a test by the constant part of its title', () => {
    const source = ['it(`is refused by $', '{what} at once`, () => {})'].join('')
    assert.ok(hasTest(source, 'is refused by'))
    assert.ok(!hasTest(source, 'at once'), 'that could be any')
    assert.ok(!hasTest(source, 'is refused by what'))
  })
})

/** The rows of tables that say what somebody cannot do: what, and by what that is shown. */
function claimsIn(text: string): { claim: string; shown: string }[] {
  const claims: { claim: string; shown: string }[] = []
  let isClaims = false
  for (const line of text.split('\n')) {
    const [, claim = '', shown = ''] = line.split('|').map(cell => cell.trim())
    if (!line.startsWith('|')) isClaims = false
    else if (shown === 'shown by') isClaims = true
    else if (isClaims && !/^-+$/.test(claim)) claims.push({ claim, shown })
  }
  return claims
}

function faultsOf(text: string): string[] {
  return claimsIn(text).flatMap(({ claim, shown }) => {
    const reference = /`(test\/[^`]+)` “([^”]+)”/g
    const named = [...shown.matchAll(reference)]
    if (named.length === 0) return [`${claim}: nothing shows it`]
    const rest = shown.replace(reference, '').replace(/[;\s]/g, '')
    const missing = named.filter(([, file = '', title = '']) => !hasTest(read(file) ?? '', title))
    return [
      ...(rest ? [`${claim}: what is ${rest}?`] : []),
      ...missing.map(([, file, title]) => `${claim}: ${file} has no test “${title}”`),
    ]
  })
}

/** Whether a test of that title is in a source; of one that is composed, a constant part will do. */
function hasTest(source: string, title: string): boolean {
  const titles = source.matchAll(/\bit\(\s*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|`((?:\\.|[^`\\])*)`)/g)
  return [...titles].some(([, single, double, composed]) => {
    if (composed === undefined) return (single ?? double ?? '').replace(/\\(.)/g, '$1') === title
    return title.length >= 8 && composed.split(/\$\{[^}]*\}/).some(part => part.trim() === title)
  })
}
