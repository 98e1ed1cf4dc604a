import { homeOfSetting } from '@parley/daemon/client/basics'
import { type LogOutputChannel, l10n, Uri, workspace } from 'vscode'
import type { Disposable } from '../event.ts'
import { realClock } from './clock.ts'
import type { Hub } from './hub.ts'
import { HubConnection } from './hub-connection.ts'
import { type ProxySettings, withProxy } from './proxy.ts'

/** The hub of this window, and where it lives. */
export interface WindowHub extends Hub, Disposable {
  /** The folder of the hub that this window follows, as long as it is open. Throws ParleyError when the setting names none. */
  readonly home: () => string
}

/**
 * Finds or starts the hub, once whoever calls this has done its own, and follows it until disposed. The home is that of the
 * settings now: another one is another person, for whom the window has to be opened anew.
 */
export function connectHub(options: { readonly log: LogOutputChannel; readonly extensionUri: Uri }): WindowHub {
  const { log, extensionUri } = options
  const bundle = Uri.joinPath(extensionUri, 'dist', 'daemon').fsPath
  const setting = settingOf('home')
  const home = () => homeOfSetting(setting)
  // A file of its own: it is needed only once the window has its lists.
  const client = () => import('@parley/daemon/client')
  const connection = new HubConnection({
    connect: async signal => {
      const { connectOrStart } = await client()
      const nodePath = settingOf('nodePath') || undefined
      const env = withProxy(process.env, proxySettings())
      return connectOrStart({ home: home(), client: 'vscode', attached: true, bundle, nodePath, env, signal })
    },
    end: async () => (await client()).endRunning({ home: home(), client: 'vscode' }),
    clock: realClock,
    log,
    words: {
      away: l10n.t('Parley’s background service is not running at the moment.'),
      keepsEnding: l10n.t('Parley’s background service keeps ending. Its log says why.'),
      noHub: l10n.t(
        'The folder that Parley uses belongs to a team’s server; choose another one in the setting parley.home.',
      ),
    },
  })
  setImmediate(() => connection.start())
  return Object.assign(connection, { home })
}

function proxySettings(): ProxySettings {
  const http = workspace.getConfiguration('http')
  return {
    proxy: http.get<string>('proxy', '').trim(),
    noProxy: http.get<string[]>('noProxy', []),
    support: http.get<string>('proxySupport', 'override'),
  }
}

function settingOf(name: 'home' | 'nodePath'): string {
  return workspace.getConfiguration('parley').get<string>(name, '').trim()
}
