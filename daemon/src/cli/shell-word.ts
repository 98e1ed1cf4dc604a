/** A text as a person must type it in a command, so that the shell of the platform takes it as one word. */
export function shellWord(text: string, platform = process.platform): string {
  // Neither shell of Windows takes single quotes for what they are here, and no path or name there holds a double one.
  if (platform === 'win32') return /^[\w@%+=:,./\\~-]+$/.test(text) ? text : `"${text}"`
  if (/^[\w@%+=:,./~-]+$/.test(text)) return text
  // The usual quotes of a room, where they hide all.
  if (text.startsWith('#') && !/["$`\\!]/.test(text)) return `"${text}"`
  return `'${text.replaceAll("'", `'\\''`)}'`
}
