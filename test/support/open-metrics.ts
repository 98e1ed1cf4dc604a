import assert from 'node:assert/strict'

const sample =
  /^([a-z][a-z0-9_]*)(\{([a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|\+Inf|-Inf|NaN)$/
const suffixes: Readonly<Record<string, readonly string[]>> = {
  gauge: [''],
  counter: ['_total'],
  histogram: ['_bucket', '_count', '_sum'],
  summary: [''],
}

/** The samples of a text by name and labels; fails when the text breaks the rules of OpenMetrics 1.0. */
export function readMetrics(text: string): Map<string, number> {
  assert.ok(text.endsWith('\n# EOF\n'), 'ends with # EOF')
  const values = new Map<string, number>()
  const seen = new Set<string>()
  let family = ''
  let type = ''
  for (const line of text.slice(0, -'# EOF\n'.length).trimEnd().split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (TYPE|UNIT|HELP) (\S+) (.*)$/.exec(line) ?? []
    if (kind === 'TYPE') {
      assert.ok(!seen.has(name), `${name} comes twice`)
      assert.ok(rest in suffixes, `${line}: no type`)
      seen.add(name)
      family = name
      type = rest
    } else if (kind === 'UNIT') assert.ok(name === family && name.endsWith(`_${rest}`), line)
    else if (kind === 'HELP') assert.ok(name === family && rest.length > 0, line)
    else {
      const [, full = '', labels = '', , value = ''] = sample.exec(line) ?? assert.fail(`${line}: no sample`)
      assert.ok(full.startsWith(family) && suffixes[type]?.includes(full.slice(family.length)), `${line}: of ${family}`)
      assert.ok(!values.has(full + labels), `${line} comes twice`)
      values.set(full + labels, Number(value.replace('Inf', 'Infinity')))
    }
  }
  return values
}
