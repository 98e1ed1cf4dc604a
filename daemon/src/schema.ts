import { Ajv, type ErrorObject } from 'ajv'
import { suggestion } from './suggest.ts'

/** Whose a schema is: ours are known to be right, and to look at one costs ten times what its value does. */
export type SchemaOf = 'us' | 'others'

/**
 * What is wrong with `value` under a JSON Schema, as the rest of a sentence (`"hub.linger" must be a string`), or
 * `undefined`. Values are never quoted: they may be secrets.
 * @throws Error when the schema of others is none
 */
export function faultOf(schema: object, value: unknown, of: SchemaOf): string | undefined {
  const validateSchema = of === 'others'
  const ajv = new Ajv({ strict: false, allowUnionTypes: true, verbose: true, logger: false, validateSchema })
  const validate = ajv.compile(schema)
  if (validate(value)) return undefined
  // Of alternatives the last error says only that none fits; the first one is where it went wrong.
  const error = validate.errors?.[0]
  return error ? sentence(error) : 'it does not fit its schema'
}

function sentence(error: ErrorObject): string {
  const { keyword, params, parentSchema } = error
  const where = pathOf(error.instancePath)
  const subject = where === '' ? 'it' : `"${where}"`
  switch (keyword) {
    case 'additionalProperties': {
      const key = String(params.additionalProperty)
      return `unknown key ${quoted(join(where, key))}${suggestion(key, Object.keys(parentSchema?.properties ?? {}))}`
    }
    case 'required':
      return `"${join(where, String(params.missingProperty))}" is missing`
    case 'type':
      return `${subject} must be ${kinds(params.type)}`
    case 'enum':
      return `${subject} must be one of ${[...params.allowedValues].map(value => JSON.stringify(value)).join(', ')}`
    case 'pattern':
    case 'anyOf':
    case 'oneOf':
      return `${subject} must be ${parentSchema?.description ?? `like ${params.pattern ?? 'its schema'}`}`
    default:
      return `${subject} ${error.message ?? 'does not fit'}`
  }
}

function kinds(type: unknown): string {
  return [type]
    .flat()
    .map(one => (one === 'array' || one === 'object' || one === 'integer' ? `an ${one}` : `a ${one}`))
    .join(' or ')
}

/** `/registry/listen/0` as `registry.listen.0`. */
function pathOf(pointer: string): string {
  return pointer
    .slice(1)
    .split('/')
    .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.')
}

function join(where: string, key: string): string {
  return where === '' ? key : `${where}.${key}`
}

function quoted(key: string): string {
  return JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}…` : key)
}
