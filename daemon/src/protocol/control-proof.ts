import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * How both ends of a control socket prove that they know the token of daemon.json, before any JSON-RPC passes. The
 * daemon proves first, so whoever squats on its pipe learns nothing:
 *
 * 1. front end → daemon: its challenge (32 random bytes)
 * 2. daemon → front end: its challenge (32), then its proof (32)
 * 3. front end → daemon: its proof (32); JSON-RPC begins with the next byte, in both directions
 *
 * A proof is HMAC-SHA-256 under the token over `parley/control/1`, a zero byte, the role, a zero byte, the front end's
 * challenge and the daemon's. The role keeps a proof from being played back to the one who made it.
 */
export const controlProof = { token: 32, challenge: 32, proof: 32 } as const

export type ControlRole = 'daemon' | 'client'

/** The proof that `role` owes: 32 bytes. */
export function proveControl(
  token: Uint8Array,
  role: ControlRole,
  clientChallenge: Uint8Array,
  daemonChallenge: Uint8Array,
): Uint8Array {
  return createHmac('sha256', token)
    .update(`parley/control/1\0${role}\0`)
    .update(clientChallenge)
    .update(daemonChallenge)
    .digest()
}

/** Whether `proof` is the one that `role` owes. */
export function isControlProof(
  proof: Uint8Array,
  token: Uint8Array,
  role: ControlRole,
  clientChallenge: Uint8Array,
  daemonChallenge: Uint8Array,
): boolean {
  const expected = proveControl(token, role, clientChallenge, daemonChallenge)
  return proof.length === expected.length && timingSafeEqual(proof, expected)
}
