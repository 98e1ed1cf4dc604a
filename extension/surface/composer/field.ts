import { limits } from '../limits.ts'
import type { Insertion } from './insertion.ts'

/** Whether a text area takes the height of its text by CSS; else `grow` does it. */
export const growsByItself = CSS.supports('field-sizing', 'content')

/** Gives a text area the height of its text; CSS holds it below a third of the window. */
export function grow(field: HTMLTextAreaElement): void {
  field.style.height = 'auto'
  field.style.height = `${field.scrollHeight}px`
}

/** Puts text into a text area as if it had been typed, so that undo takes it back, and focuses it. */
export function put(field: HTMLTextAreaElement, { start, end, text, select }: Insertion): void {
  field.focus()
  field.setSelectionRange(start, end)
  // Deprecated, and yet the only way that leaves undo whole (https://developer.mozilla.org/docs/Web/API/Document/execCommand).
  // Chromium takes ms for each line of it, so what is long comes without undo.
  const isShort = text.split('\n').length <= limits.insertedAsTyped
  if (!isShort || !document.execCommand('insertText', false, text)) {
    field.setRangeText(text, start, end, 'end')
    field.dispatchEvent(new InputEvent('input', { bubbles: true }))
  }
  field.setSelectionRange(...select)
}

/** Replaces all of the text, with the cursor at its end. */
export function setValue(field: HTMLTextAreaElement, text: string): void {
  field.value = text
  field.setSelectionRange(text.length, text.length)
}
