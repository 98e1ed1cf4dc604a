import type { Emitter } from 'highlight.js'
import core from 'highlight.js/lib/core'
import { limits } from '../limits.ts'
import { languages, otherNames } from './languages.ts'

/** A run of code in one colour. */
export interface Run {
  readonly text: string
  /** Absent: the colour of the text around. */
  readonly colour?: Colour
}

export type Colour = (typeof colours)[number]

/** The kinds of words that have a colour of their own; class names of highlight.css. */
const colours = [
  'keyword',
  'type',
  'function',
  'variable',
  'literal',
  'string',
  'escape',
  'regexp',
  'number',
  'comment',
  'tag',
  'attribute',
  'heading',
  'added',
  'removed',
  'text',
] as const

/**
 * Code cut into runs of colours, or `undefined` where it has none: the language is not known, or it is too much. The grammars
 * see only text and answer with names of colours that are listed here, so code cannot become anything else than text.
 */
export function highlight(code: string, language: string): readonly Run[] | undefined {
  const name = grammarOf(language)
  if (!name || code.length > limits.highlight || tooLong.test(code)) return undefined
  learn(name)
  const { _emitter } = highlighter.highlight(code, { language: name, ignoreIllegals: true })
  const runs = _emitter instanceof Runs ? _emitter.runs : []
  // A grammar that fails leaves what it has read so far: better no colours than not all of the code.
  return runs.map(({ text }) => text).join('') === code ? runs : undefined
}

/** Whether code in that language has been coloured before. The first of it takes some ten ms, the time of ten messages. */
export function isLearned(language: string): boolean {
  const name = grammarOf(language)
  return name !== undefined && highlighter.getLanguage(name) !== undefined
}

/** What highlight.js tells while it reads, as a flat list: the innermost name that has a colour wins. */
class Runs implements Emitter {
  readonly runs: Run[] = []
  readonly #open: (Colour | undefined)[] = []

  startScope(name: string): void {
    this.#open.push(colourOf(name) ?? this.#open.at(-1))
  }

  endScope(): void {
    this.#open.pop()
  }

  /** The same, by the names that highlight.js uses for what the interface does not tell. */
  openNode(name: string): void {
    this.startScope(name)
  }

  closeNode(): void {
    this.endScope()
  }

  addText(text: string): void {
    this.#add(text, this.#open.at(-1))
  }

  __addSublanguage(emitter: Emitter): void {
    if (emitter instanceof Runs) for (const { text, colour } of emitter.runs) this.#add(text, colour)
  }

  finalize(): void {}

  toHTML(): string {
    return '' // is asked for, and not used
  }

  #add(text: string, colour: Colour | undefined): void {
    const last = this.runs.at(-1)
    if (last && last.colour === colour) this.runs[this.runs.length - 1] = { ...last, text: last.text + text }
    else if (text) this.runs.push(colour ? { text, colour } : { text })
  }
}

const highlighter = core.newInstance()
highlighter.configure({ __emitter: Runs })

function grammarOf(language: string): string | undefined {
  const name = language.toLowerCase()
  const grammar = Object.hasOwn(otherNames, name) ? otherNames[name] : name
  return grammar !== undefined && Object.hasOwn(languages, grammar) ? grammar : undefined
}

/** Grammars are made when the first code in their language is shown, with those that may stand within. */
function learn(name: string): void {
  const grammar = languages[name]
  if (!grammar || highlighter.getLanguage(name)) return
  highlighter.registerLanguage(name, grammar)
  for (const inner of within[name] ?? []) learn(inner)
}

const within: Readonly<Record<string, readonly string[]>> = {
  javascript: ['xml'],
  typescript: ['xml'],
  xml: ['css', 'javascript'],
  markdown: ['xml'],
  php: ['xml'],
  shell: ['bash'],
}

function colourOf(scope: string): Colour | undefined {
  return scopes[scope] ?? scopes[scope.slice(0, scope.indexOf('.'))]
}

/** Names of highlight.js (https://highlightjs.readthedocs.io/en/latest/css-classes-reference.html) by the colours of VS Code. */
const scopes: Readonly<Record<string, Colour>> = {
  keyword: 'keyword',
  literal: 'literal',
  'variable.language': 'literal',
  built_in: 'type',
  type: 'type',
  'title.class': 'type',
  'title.class.inherited': 'type',
  title: 'function',
  'title.function': 'function',
  'title.function.invoke': 'function',
  variable: 'variable',
  'template-variable': 'variable',
  property: 'variable',
  subst: 'text',
  attr: 'variable',
  symbol: 'literal',
  string: 'string',
  link: 'string',
  'char.escape': 'escape',
  regexp: 'regexp',
  number: 'number',
  comment: 'comment',
  quote: 'comment',
  doctag: 'keyword',
  meta: 'keyword',
  'meta.prompt': 'comment',
  name: 'tag',
  'selector-tag': 'tag',
  attribute: 'attribute',
  'selector-class': 'attribute',
  'selector-id': 'attribute',
  'selector-attr': 'attribute',
  'selector-pseudo': 'attribute',
  section: 'heading',
  strong: 'heading',
  addition: 'added',
  deletion: 'removed',
}

const tooLong = new RegExp(`[^\\n]{${limits.highlightLine}}`)
