import * as l10n from '@vscode/l10n'
import { quoted, type StaticPage, staticPage } from '../shared/static-page.ts'
import { type CheckRow, stateWord, summaryOf } from './checks.ts'

/** The commands that the page leads to, and no others. */
export const checksCommands = ['parley.checkConnection', 'parley.copyChecks', 'parley.directConnections'] as const

export interface ChecksFacts extends Pick<StaticPage, 'language' | 'nonce'> {
  readonly rows: readonly CheckRow[]
  /** When it was looked at, as one writes it here. */
  readonly time: string
}

/** What *Check Connection* found, as a page. */
export function checksPage({ rows, time, language, nonce }: ChecksFacts): string {
  const link = (way: CheckRow['way']) =>
    way === undefined
      ? ''
      : `<p><a href="command:${quoted(way.command)}" title="${quoted(way.label)}">${quoted(way.label)}</a></p>`
  const row = ({ state, title, words, advice, way }: CheckRow) => `<li class="${state}">
<span class="mark" role="img" aria-label="${quoted(stateWord(state))}" title="${quoted(stateWord(state))}">${marks[state]}</span>
<div><h2>${quoted(title)}</h2><p>${quoted(words)}</p>${advice === undefined ? '' : `<p class="advice">${quoted(advice)}</p>`}${link(way)}</div>
</li>`
  const [again, copy] = [quoted(l10n.t('Check Again')), quoted(l10n.t('Copy'))]
  return staticPage({
    language,
    nonce,
    style,
    body: `<main>
<h1>${quoted(summaryOf(rows))}</h1>
<p class="quiet">${quoted(l10n.t('Looked at {0}', time))}</p>
<ul>
${rows.map(row).join('\n')}
</ul>
<p class="ways">
<a class="button" href="command:parley.checkConnection" title="${again}">${again}</a>
<a class="button is-secondary" href="command:parley.copyChecks" title="${copy}">${copy}</a>
</p>
</main>`,
  })
}

const marks = { ok: '✓', warning: '!', failed: '✕' } as const

const style = `
main { max-width: 640px; margin: 12px 0 24px; }
h1 { margin: 0 0 4px; font-size: 1.4em; font-weight: 600; }
h2 { margin: 0 0 2px; font-size: 1em; font-weight: 600; }
ul { margin: 0 0 20px; padding: 0; list-style: none; }
li { display: flex; gap: 12px; padding: 10px 0; border-bottom: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent)); }
li > div { min-width: 0; overflow-wrap: anywhere; }
li p { margin: 0; }
li a { color: var(--vscode-textLink-foreground); }
.mark { flex: none; width: 20px; height: 20px; border-radius: 50%; border: 1px solid currentColor; box-sizing: border-box;
  font-weight: 700; font-size: 12px; line-height: 18px; text-align: center; }
.ok .mark { color: var(--vscode-charts-green, currentColor); }
.warning .mark { color: var(--vscode-charts-yellow, currentColor); }
.failed .mark { color: var(--vscode-errorForeground, currentColor); }
.advice { padding-top: 4px; }
.advice::before { content: "→ "; }
.quiet { color: var(--vscode-descriptionForeground); }
.ways { display: flex; gap: 8px; }
.ways .button { padding-inline: 14px; }
.is-secondary { color: var(--vscode-button-secondaryForeground); background: var(--vscode-button-secondaryBackground); }
.is-secondary:hover { color: var(--vscode-button-secondaryForeground); background: var(--vscode-button-secondaryHoverBackground); }`
