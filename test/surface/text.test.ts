import assert from 'node:assert/strict'
import fc from 'fast-check'
import { message, now } from '../support/surface/messages.ts'
import { strangeIn } from '../support/surface/strange.ts'
import { useSurfaces } from '../support/surface/surfaces.ts'
import { until } from '../support/wait.ts'

describe('the text of a message in the page', () => {
  const surfaces = useSurfaces()

  const saying = (...texts: string[]) =>
    surfaces.drawn({
      viewport: { width: 800, height: 3000 },
      script: host => {
        host.messages = texts.map((text, number) => message(number, { text, mine: false, written: now }))
        host.files = ['src/a.ts']
      },
    })

  it('asks the extension to open a link, by the pointer and by keys', async () => {
    const surface = await saying('see [the log](https://example.com/log)')
    const link = surface.page.getByRole('link', { name: 'the log' })
    assert.equal(await link.getAttribute('title'), 'https://example.com/log')
    await link.click()
    assert.deepEqual(await surface.host.when('openLink'), { href: 'https://example.com/log' })
    surface.host.forget()
    await link.press('Enter')
    await surface.host.when('openLink')
  })

  it('shows where a link leads when its text tells of another place', async () => {
    const surface = await saying('[https://github.com](https://evil.example/)')
    await surface.message('https://github.com (evil.example)').waitFor()
  })

  it('opens a place, and says so when the workspace has no such file', async () => {
    const surface = await saying('see src/a.ts:42-50 and `b.ts:7`')
    await surface.page.getByRole('button', { name: 'src/a.ts:42-50' }).click()
    assert.deepEqual(await surface.host.when('openPlace'), { path: 'src/a.ts', line: 42, endLine: 50 })
    await surface.page.getByRole('button', { name: 'b.ts:7' }).press('Enter')
    await surface.message('b.ts:7 (not in this workspace)').waitFor()
  })

  it('opens and copies code', async () => {
    const surface = await saying('```ts src/a.ts:3-4\nlet a\n\tb\n```')
    await surface.message('src/a.ts:3–4').waitFor()
    await surface.page.getByRole('button', { name: 'Open', exact: true }).click()
    assert.deepEqual(await surface.host.when('openPlace'), { path: 'src/a.ts', line: 3, endLine: 4 })
    await surface.page.getByRole('button', { name: 'Copy', exact: true }).click()
    assert.deepEqual(await surface.host.when('copy'), { text: 'let a\n\tb' })
    await surface.message('Copied').waitFor()
  })

  it('colours code at once when it is short, and later when it is long', async () => {
    const surface = await saying('```ts\nconst a = 1\n```', `\`\`\`ts\n${'const b = 2\n'.repeat(400)}\`\`\``)
    const keywords = surface.page.locator('.code-keyword')
    await until('the colours of what is shown', async () => (await keywords.count()) === 40)
    await surface.page.getByRole('button', { name: 'Show all 402 lines' }).click()
    await until('all colours', async () => (await keywords.count()) >= 400)
  })

  it('folds what is long, and shows and copies all of it when asked', async () => {
    const code = Array.from({ length: 3000 }, (_, number) => `line ${number} of a log`).join('\n')
    const surface = await saying(`The log:\n\n\`\`\`\n${code}\n\`\`\`\n\nThat was the end.`)
    assert.equal(await surface.page.getByText('line 39 of').count(), 0)
    await surface.page.getByRole('button', { name: 'Copy', exact: true }).click()
    assert.deepEqual(await surface.host.when('copy'), { text: code })
    await surface.page.getByRole('button', { name: 'Show all' }).click()
    await surface.page.getByText('That was the end.').waitFor()
    await surface.page.getByRole('button', { name: 'Show less' }).click()
    await until('the beginning alone', async () => (await surface.page.getByText('That was the end.').count()) === 0)
    await surface.page.getByRole('button', { name: 'Show all' }).waitFor()
  })

  it('keeps the width of the page, however long a line or a word is', async () => {
    const surface = await saying(
      'x'.repeat(4000),
      `\`${'y'.repeat(2000)}\``,
      `\`\`\`\n${'z'.repeat(3000)}\n\`\`\``,
      '@'.repeat(3000),
    )
    const { wide, seen } = await surface.page.evaluate(() => {
      const boxes = [...document.querySelectorAll('.message-text')].map(text => text.getBoundingClientRect().right)
      return { wide: Math.max(...boxes, document.documentElement.scrollWidth), seen: window.innerWidth }
    })
    assert.ok(wide <= seen, `${wide} of ${seen} px`)
    const code = surface.page.locator('pre').first()
    await until('what scrolls sideways reached by keys', async () => (await code.getAttribute('tabindex')) === '0')
  })

  it('is never anything but harmless elements, whatever it says', async () => {
    const texts = fc.sample(hostile, { numRuns: 120, seed: 7 })
    const surface = await saying(...texts)
    await surface.page.setViewportSize({ width: 800, height: 20_000 })
    await until('all of them in the page', async () => (await surface.page.locator('.message-text').count()) === 120)
    assert.deepEqual(await strangeIn(surface.page), [])
    assert.ok((await surface.page.locator('.message-text *').count()) > 1000, 'they became elements')
    const known = /^(open|history|save|markRead)$/
    const asked = surface.host.asked.filter(({ method }) => !known.test(method))
    assert.deepEqual(asked, [], 'nothing happens that nobody pressed')
  })

  it('shows 100,000 characters without holding up the page', async () => {
    const surface = await saying('hello')
    for (const text of [
      'word '.repeat(20_000),
      'x'.repeat(100_000),
      '[a](https://b.c) '.repeat(6000),
      '\u202e\u001b'.repeat(50_000),
    ]) {
      const watched = await surface.page.evaluateHandle(() => {
        const watch = { longest: 0, last: performance.now() }
        requestAnimationFrame(function next(at) {
          watch.longest = Math.max(watch.longest, at - watch.last)
          watch.last = at
          requestAnimationFrame(next)
        })
        return watch
      })
      surface.host.arrive({ text })
      await surface.page.getByRole('button', { name: 'Show all' }).last().waitFor()
      const took = await watched.evaluate(({ longest }) => longest)
      assert.ok(took < 500, `a frame took ${took} ms`)
    }
  })
})

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[
          '<script>window.ran = 1</script>',
          '<img src=https://example.com/x.png>',
          '<a href="https://example.com">',
          '<svg onload=a()>',
        ],
        ...[
          '![x](https://example.com/x.png)',
          '[x](javascript:a())',
          '[x](https://example.com "t")',
          '<https://example.com>',
        ],
        ...[
          '**',
          '*',
          '`',
          '```\n',
          '```html\n',
          '> ',
          '- ',
          '1. ',
          '| a | b |\n|-|-|\n',
          '\n',
          '\n\n',
          '# ',
          '~~',
          '\\',
        ],
        ...[
          '@bob',
          'src/a.ts:1',
          'https://example.com/',
          '\u202e',
          '\u001b[31m',
          'e\u0301\u0301\u0301',
          '&lt;',
          '"',
          "'",
        ],
      ),
      fc.constantFrom(
        ...[
          '**strong**',
          '*emphasis*',
          '~~strike~~',
          '`code`',
          '`a.ts:1`',
          '[x](https://example.com)',
          '\n\n> quote\n\n',
        ],
        ...[
          '\n\n- item\n\n',
          '\n\n3. item\n\n',
          '\n\n| a | b |\n|-|:-:|\n| 1 | 2 |\n\n',
          '\n\n```ts a.ts:1\nlet a\n```\n\n',
          '\n\n---\n\n',
        ],
      ),
      fc.string({ unit: 'binary', maxLength: 12 }),
    ),
    { minLength: 1, maxLength: 30 },
  )
  .map(parts => `x${parts.join('')}`)
