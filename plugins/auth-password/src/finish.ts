/**
 * Reads the client's answer to the first challenge of a sign-in, the protobuf message `{ bytes finish = 1; bytes mac = 2 }`.
 * By hand, because a plugin imports only the kit and two byte fields do not need a library. Undefined for anything else;
 * unknown length-delimited fields are skipped, so that the message can grow.
 */
export function readFinish(message: Uint8Array): { finish: Uint8Array; mac: Uint8Array } | undefined {
  const fields = new Map<number, Uint8Array>()
  for (let at = 0; at < message.length; ) {
    const tag = message[at]
    const length = message[at + 1]
    // Tags and lengths under 128 are one byte; both fields are 64 bytes and less.
    if (tag === undefined || length === undefined || tag > 127 || length > 127) return undefined
    if ((tag & 7) !== lengthDelimited) return undefined
    const end = at + 2 + length
    if (end > message.length) return undefined
    fields.set(tag >> 3, message.subarray(at + 2, end))
    at = end
  }
  const finish = fields.get(1)
  const mac = fields.get(2)
  return finish && mac ? { finish, mac } : undefined
}

const lengthDelimited = 2
