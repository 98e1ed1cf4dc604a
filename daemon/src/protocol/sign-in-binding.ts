import { createHmac } from 'node:crypto'
import { create, toBinary } from '@bufbuild/protobuf'
import { OpaqueFinishSchema } from './opaque_pb.ts'

/** The label of the TLS exporter (RFC 8446 section 7.5, empty context, 32 bytes) that ties a sign-in to its connection. */
export const signInExporter = { label: 'EXPORTER-parley-sign-in-1', length: 32 } as const

/**
 * What an exchange of a mechanism is tied to: the connection's exporter, the device that TLS has shown and the registry.
 * A man in the middle has another connection, and mostly another device, on each side: no two bindings agree.
 */
export function signInBinding(exporter: Uint8Array, device: Uint8Array, registry: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([exporter, device, registry]))
}

/** What `role` sends to prove that it holds the OPAQUE session key on this very connection: HMAC-SHA-256, 32 bytes. */
export function signInMac(sessionKey: Uint8Array, role: 'client' | 'server', binding: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac('sha256', sessionKey).update(role, 'ascii').update(binding).digest())
}

/** The client's second message of an `opaque` sign-in: the library's finish and the client's MAC. */
export function encodeOpaqueFinish(finish: Uint8Array, mac: Uint8Array): Uint8Array {
  return toBinary(OpaqueFinishSchema, create(OpaqueFinishSchema, { finish, mac }))
}
