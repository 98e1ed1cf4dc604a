import { arch, homedir, platform, release } from 'node:os'
import { locations } from '@parley/daemon/client/basics'
import { commands, env, extensions, l10n, ProgressLocation, UIKind, Uri, version, window, workspace } from 'vscode'
import type { Context } from '../context.ts'
import { limits } from '../limits.ts'
import type { OnceMemory } from '../shared/once.ts'
import { activationTimes } from './activation.ts'
import { healthOf } from './health.ts'
import { reportOf } from './report.ts'

export interface ServiceContext extends Context {
  /** The folder of the hub that this window follows. Throws ParleyError when the settings name none. */
  readonly home: () => string
  /** What is kept over windows and restarts. */
  readonly memory: OnceMemory
}

/** Ends the hub, starts it again, and says so. That it failed is told where all failures are. */
export async function restartHub({ hub, log }: ServiceContext): Promise<void> {
  const title = l10n.t('Restarting Parley’s background service…')
  try {
    await window.withProgress({ location: ProgressLocation.Notification, title }, () => hub.restart())
    void window.showInformationMessage(l10n.t('Parley’s background service is running.'))
  } catch (error) {
    log.error(`The background service was not restarted: ${error instanceof Error ? error.message : error}`)
  }
}

/** Shows the log of this window, and offers the hub's own. */
export async function showLog(context: ServiceContext): Promise<void> {
  context.log.show(true)
  const open = l10n.t('Open Its Log')
  const words = l10n.t('This is the log of this window. The background service keeps one of its own.')
  if ((await window.showInformationMessage(words, open)) === open) await showHubLog(context)
}

async function showHubLog({ home }: ServiceContext): Promise<void> {
  try {
    const document = await workspace.openTextDocument(Uri.file(locations(home()).hubLog))
    await window.showTextDocument(document, { preview: true })
    await commands.executeCommand('workbench.action.files.setActiveEditorReadonlyInSession')
  } catch {
    void window.showWarningMessage(l10n.t('The background service has written no log yet.'))
  }
}

export async function copyReport(context: ServiceContext): Promise<void> {
  const { hub } = context
  const { unread, queued } = healthOf(hub)
  const status =
    hub.state.is === 'up'
      ? await hub.request('status', {}, { timeout: limits.report }).catch(() => undefined)
      : undefined
  const checks =
    hub.state.is === 'up'
      ? await window.withProgress(
          { location: ProgressLocation.Window, title: l10n.t('Looking at your connection…') },
          () => hub.request('doctor', {}, { timeout: limits.reportChecks }).catch(() => undefined),
        )
      : undefined
  const times = activationTimes()
  const text = reportOf({
    version: String(extensions.getExtension('parley.parley-chat')?.packageJSON.version ?? 'not known'),
    editor: {
      name: env.appName,
      version,
      ui: env.uiKind === UIKind.Web ? 'web' : 'desktop',
      ...(env.remoteName !== undefined && { remote: env.remoteName }),
    },
    platform: `${platform()} ${arch()} ${release()}`,
    runtime: runtimeWords(),
    language: env.language,
    ...(times && { activation: times }),
    state: hub.state,
    ...(status && { status }),
    ...(checks && { checks: checks.checks }),
    accounts: hub.accounts,
    counts: { chats: hub.conversations.size, unread, queued, people: hub.people.people.length },
    home: homeOf(context),
    nodePath: workspace.getConfiguration('parley').get<string>('nodePath', ''),
    userFolder: homedir(),
    now: Date.now(),
  })
  await env.clipboard.writeText(text)
  const words = l10n.t(
    'The report is in the clipboard. It holds versions, counts and states, and no names or messages.',
  )
  void window.showInformationMessage(words)
}

function runtimeWords(): string {
  const { node, electron } = process.versions
  return electron === undefined ? `Node ${node}` : `Electron ${electron}, Node ${node}`
}

function homeOf({ home }: ServiceContext): string {
  try {
    return home()
  } catch {
    return 'not usable'
  }
}
