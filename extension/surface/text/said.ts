import { useEffect, useState } from 'preact/hooks'
import { limits } from '../limits.ts'

/** A short word about what was just done, which goes by itself. */
export function useSaid(): readonly [said: string, say: (words: string) => void] {
  const [said, setSaid] = useState<{ readonly words: string }>({ words: '' })
  useEffect(() => {
    if (!said.words) return
    const timer = setTimeout(() => setSaid({ words: '' }), limits.said)
    return () => clearTimeout(timer)
  }, [said])
  return [said.words, words => setSaid({ words })]
}
