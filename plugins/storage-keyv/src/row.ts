/** A row as memory knows it; never changed but for its value, which comes and goes. */
export interface Row {
  readonly key: string
  readonly expires: number | undefined
  /** Bytes of the value. */
  readonly size: number
  value: Uint8Array | undefined
}

/**
 * A value as the store holds it: `1 <expires> <base64>`. Plain ASCII on one line, so that it comes back as it was from
 * whatever an adapter makes of text, and so that the journal needs no quoting.
 */
export function encodeValue(value: Uint8Array, expires: number | undefined): string {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  return `1 ${expires ?? '-'} ${bytes.toString('base64')}`
}

/** When the row ends, and the size of its value; `undefined` when it is nothing that {@link encodeValue} gave. */
export function readHead(text: string): { readonly expires: number | undefined; readonly size: number } | undefined {
  const start = startOf(text)
  if (start === undefined) return undefined
  const length = text.length - start
  if (length % 4 !== 0) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const expires = text.slice(2, start - 1)
  return { expires: expires === '-' ? undefined : Number(expires), size: (length / 4) * 3 - padding }
}

export function decodeValue(text: string): Uint8Array {
  return Buffer.from(text.slice(startOf(text) ?? text.length), 'base64')
}

function startOf(text: string): number | undefined {
  const head = /^1 (?:-|\d{1,16}) /.exec(text.slice(0, 24))
  return head?.[0].length
}
