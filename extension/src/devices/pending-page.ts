import * as l10n from '@vscode/l10n'
import { digitGroups } from '../shared/digits.ts'
import { quoted, type StaticPage, staticPage } from '../shared/static-page.ts'

/** The commands that the page leads to, and no others. */
export const pendingCommands = ['parley.newAccountKey', 'parley.signOut'] as const

export interface PendingFacts extends Pick<StaticPage, 'language' | 'nonce'> {
  readonly team: string
  readonly name: string
  /** As the hub gives them; empty: not known yet. */
  readonly digits: string
}

/** What a device shows that waits to be approved: its digits, and what to do with them. */
export function pendingPage({ team, name, digits, language, nonce }: PendingFacts): string {
  const groups = digitGroups(digits)
  // Digit by digit, or a screen reader makes thousands of them.
  const group = (text: string) => `<span aria-label="${text.split('').join(' ')}" role="img">${text}</span>`
  const shown =
    groups.length > 0
      ? `<p class="digits" dir="ltr">${groups.map(group).join(' ')}</p>`
      : `<p role="status">${quoted(l10n.t('Working out the digits…'))}</p>`
  const steps = [
    l10n.t('Go to a computer on which you are signed in already.'),
    l10n.t(
      'Parley asks there whether this device is yours. If it does not, run the command “Parley: Your Devices…” there.',
    ),
    l10n.t('Compare the digits. Approve it only if all of them are the same as here.'),
  ]
  return staticPage({
    language,
    nonce,
    style,
    body: `<h1>${quoted(l10n.t('One more step'))}</h1>
<p>${quoted(l10n.t('This device has signed in to {0} as {1}. Before it may send and receive, one of your other devices has to approve it.', team, name))}</p>
${shown}
<ol>
${steps.map(step => `<li>${quoted(step)}</li>`).join('\n')}
</ol>
<p class="quiet">${quoted(l10n.t('It goes on here by itself once that is done.'))}</p>
${link('parley.newAccountKey', l10n.t('All my other devices are lost…'))}
${link('parley.signOut', l10n.t('Sign out'))}`,
  })
}

function link(command: (typeof pendingCommands)[number], label: string): string {
  // Without a title of its own VS Code shows the command's id.
  return `<p><a href="command:${command}" title="${quoted(label)}">${quoted(label)}</a></p>`
}

const style = `
h1 { margin: 4px 0 10px; font-size: 1.15em; font-weight: 600; }
ol { margin: 0 0 13px; padding-inline-start: 20px; line-height: 1.4; }
li { margin-bottom: 6px; }
a { color: var(--vscode-textLink-foreground); }
.digits { display: grid; grid-template-columns: repeat(auto-fit, minmax(5ch, max-content)); gap: 6px 14px; max-width: 21ch; margin: 0 0 16px; padding: 10px 14px;
  font-family: var(--vscode-editor-font-family, monospace); font-size: 1.35em; letter-spacing: 0.04em;
  border: 1px solid var(--vscode-contrastBorder, color-mix(in srgb, var(--vscode-foreground) 25%, transparent)); border-radius: 4px;
  background: color-mix(in srgb, var(--vscode-foreground) 5%, transparent); }
.quiet { color: var(--vscode-descriptionForeground); }`
