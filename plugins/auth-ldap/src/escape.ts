/** `text` as a value in a distinguished name (RFC 4514): nothing in it begins another part of the name. */
export function escapeDn(text: string): string {
  return text.replace(/[\\,+"<>;=#\0]|^ | $/g, character => {
    const code = character.charCodeAt(0).toString(16).padStart(2, '0')
    return `\\${code}`
  })
}

/** `text` as a value in a search filter (RFC 4515): it matches itself and nothing else. */
export function escapeFilter(text: string): string {
  return text.replace(/[\\*()\0]/g, character => `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** A template with the name put in, escaped. */
export function filled(template: string, name: string, escaping: (text: string) => string): string {
  return template.replaceAll('{name}', () => escaping(name))
}
