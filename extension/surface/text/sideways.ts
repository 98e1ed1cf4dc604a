import type { RefObject } from 'preact'
import { useEffect, useState } from 'preact/hooks'

/** The tab index of an element that may scroll sideways: only what does must be reached by keys. */
export function useSideways(element: RefObject<HTMLElement | null>): 0 | undefined {
  const [isWide, setWide] = useState(false)
  useEffect(() => {
    const { current } = element
    if (!current) return
    const observer = new ResizeObserver(() => setWide(current.scrollWidth > current.clientWidth))
    observer.observe(current)
    return () => observer.disconnect()
  }, [element])
  return isWide ? 0 : undefined
}
