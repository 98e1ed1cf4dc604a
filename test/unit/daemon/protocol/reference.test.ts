import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createParamsChecks } from '../../../../daemon/src/control/params.ts'
import { errorCodes } from '../../../../daemon/src/errors.ts'
import { EventSchema, ReplySchema, RequestSchema } from '../../../../daemon/src/protocol/parley_pb.ts'

const page = (name: string) => readFileSync(new URL(`../../../../docs/reference/${name}`, import.meta.url), 'utf8')

describe('the reference', () => {
  it('explains every error code once, and no other', () => {
    const explained = [...page('errors.md').matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code)
    assert.deepEqual(explained.toSorted(), [...errorCodes].toSorted())
  })

  it('names only known codes as failures of the wire', () => {
    const [, table = ''] = page('wire.md').split('## Failures')
    const rows = table.split('\n## ')[0]?.matchAll(/^\| (`[^|]+) \|/gm) ?? []
    const named = [...rows].flatMap(([, codes = '']) => [...codes.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code))
    assert.ok(named.length > 20)
    assert.deepEqual(
      named.filter(code => !errorCodes.some(known => known === code)),
      [],
    )
  })

  it('speaks of every request, reply and event', () => {
    const wire = page('wire.md')
    const names = [RequestSchema, ReplySchema, EventSchema].flatMap(schema => schema.fields.map(({ name }) => name))
    assert.deepEqual(
      names.filter(name => !wire.includes(`\`${name}\``)),
      [],
    )
  })

  it('lists every request of the control API with its parameters, and no other', () => {
    const [, table = ''] = page('control.md').split('| request | who answers | |')
    const rows = [...(table.split('\n\n')[0] ?? '').matchAll(/^\| ((?:[^|]*`)+) \|/gm)].map(([, cell = '']) => cell)
    const listed = rows.flatMap(cell => [...cell.matchAll(/`([a-z]\w*)`/gi)].map(([, name = '']) => name))
    assert.deepEqual(listed.toSorted(), Object.keys(createParamsChecks()).toSorted())
    for (const cell of rows) {
      for (const [, method = '', fields = ''] of cell.matchAll(/`(\w+)` `\{([^`]*)\}`/g)) {
        const outer = fields.replace(/\{.*?\}/g, '')
        const named = [...outer.matchAll(/(\w+)(\??)/g)].map(([, name, optional]) => `${name}${optional}`)
        assert.deepEqual(named.toSorted(), fieldsOf(method).toSorted(), method)
      }
    }
  })

  it('speaks of every notification of the control API', () => {
    const [, names = ''] = /interface ControlNotifications \{(.*?)\n\}/s.exec(contracts) ?? []
    const notifications = [...names.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name)
    assert.ok(notifications.length >= 5)
    assert.deepEqual(
      notifications.filter(name => !page('control.md').includes(`\`${name}\``)),
      [],
    )
  })
})

const contracts = ['control.ts', 'control-infos.ts']
  .map(file => readFileSync(new URL(`../../../../daemon/src/protocol/${file}`, import.meta.url), 'utf8'))
  .join('\n')

/** The parameters of a request as its type names them, `?` behind those that may be left out. */
function fieldsOf(method: string): string[] {
  const [, params = ''] =
    new RegExp(`^  ${method}: \\[\\s*(?:\\{((?:[^{}]|\\{[^{}]*\\})*)\\}|(\\w+)),`, 'm').exec(contracts) ?? []
  const shape = params || shapeOf(method)
  const outer = shape.replace(/\/\*.*?\*\//gs, '').replace(/\{[^{}]*\}/g, 'object')
  return [...outer.matchAll(/(\w+)(\??):/g)].map(([, name, optional]) => `${name}${optional}`)
}

/** The fields of the interface that a request takes by name. */
function shapeOf(method: string): string {
  const [, name = ''] = new RegExp(`^  ${method}: \\[(\\w+),`, 'm').exec(contracts) ?? []
  return new RegExp(`interface ${name} \\{(.*?)\n\\}`, 's').exec(contracts)?.[1] ?? ''
}
