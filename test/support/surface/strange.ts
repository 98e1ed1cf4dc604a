/** A page, or a frame, in which a chat is shown. */
interface Shown {
  evaluate(expression: string): Promise<unknown>
}

/** The elements and attributes within the messages that are drawn which should not be there: as they are written, or by name. */
export async function strangeIn(shown: Shown): Promise<string[]> {
  return (await shown.evaluate(`(${find})(${JSON.stringify({ allowed, everywhere })})`)) as string[]
}

// As text: it runs in the page.
const find = `({ allowed, everywhere }) =>
  [...document.querySelectorAll('.message-text *')].flatMap(element => {
    const attributes = allowed[element.localName]
    if (!attributes) return [element.outerHTML]
    return [...element.attributes]
      .filter(({ name }) => !everywhere.includes(name) && !attributes.includes(name))
      .map(({ name }) => element.localName + ' ' + name)
  })`

const everywhere = ['class', 'dir', 'tabindex', 'type', 'aria-expanded']

/** What a text may become; each name with the attributes that it may have beside those. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(['p', 'ul', 'li', 'blockquote', 'table', 'th', 'td', 'pre', 'code'].map(name => [name, []])),
  ...Object.fromEntries(['br', 'hr', 'strong', 'em', 's', 'thead', 'tbody', 'tr', 'div'].map(name => [name, []])),
  ol: ['start'],
  button: ['title'],
  span: ['role', 'title'],
  svg: ['viewBox', 'aria-hidden', 'focusable'],
  path: ['d', 'fill-rule', 'clip-rule'],
}
