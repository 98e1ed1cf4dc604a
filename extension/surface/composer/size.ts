import { limits } from '../limits.ts'

/** How large a message would be, where that matters. Bytes of UTF-8. */
export type Size =
  | { readonly is: 'fine' }
  /** To a classic client: in how many packets it goes out. */
  | { readonly is: 'split'; readonly packets: number }
  | { readonly is: 'near'; readonly bytes: number }
  | { readonly is: 'over'; readonly by: number }

/** The size of what is being written. It is counted only where it can matter: this is asked with every letter. */
export function sizeOf(text: string, isClassic = false): Size {
  if (isClassic && text.length * 3 > limits.packet && text.length < limits.messageNear) return packetsOf(text)
  // One unit of UTF-16 is at most three bytes.
  if (text.length * 3 < limits.messageNear) return { is: 'fine' }
  const bytes = new TextEncoder().encode(text).length
  if (bytes > limits.message) return { is: 'over', by: bytes - limits.message }
  return bytes < limits.messageNear ? { is: 'fine' } : { is: 'near', bytes }
}

function packetsOf(text: string): Size {
  const packets = Math.ceil(new TextEncoder().encode(text.trim()).length / limits.packet)
  return packets > 1 ? { is: 'split', packets } : { is: 'fine' }
}
