import { useEffect } from 'preact/hooks'

/** Hands files that are dropped anywhere on the page to `add`; without it they are refused. */
export function useDrop(add: ((files: readonly File[]) => void) | undefined): void {
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return
      // Else the browser would go to the file.
      event.preventDefault()
      event.dataTransfer.dropEffect = add ? 'copy' : 'none'
    }
    const drop = (event: DragEvent) => {
      const files = [...(event.dataTransfer?.files ?? [])]
      if (files.length === 0) return
      event.preventDefault()
      add?.(files)
    }
    document.addEventListener('dragover', over)
    document.addEventListener('drop', drop)
    return () => {
      document.removeEventListener('dragover', over)
      document.removeEventListener('drop', drop)
    }
  }, [add])
}
