import { randomBytes } from 'node:crypto'
import { env, Uri, type Webview, type WebviewOptions } from 'vscode'
import type { Hub } from '../hub/hub.ts'
import { chatPage, emptyPage } from './html.ts'
import type { Keeper } from './keeper.ts'
import type { Outbox } from './outbox.ts'
import { type Ground, SurfaceHost } from './surface-host.ts'

/** What all chat surfaces of a window share. */
export interface Surroundings {
  readonly hub: Hub
  readonly keeper: Keeper
  readonly outbox: Outbox
  readonly ground: Ground
  readonly extensionUri: Uri
}

/**
 * What a webview may do that shows a chat: run our script, which is beside its style sheet in one folder. Its page is
 * not retained while it is hidden: shown again it is there in half a second on two busy cores (measured), with all
 * that it had, and a window with twenty chats pays for those in sight only.
 */
export function chatOptions({ extensionUri }: Pick<Surroundings, 'extensionUri'>): WebviewOptions {
  return {
    enableScripts: true,
    enableForms: false,
    enableCommandUris: false,
    localResourceRoots: [Uri.joinPath(extensionUri, 'dist')],
  }
}

/** Loads a chat into a webview and serves it until disposed. `person`: whose user name VS Code has kept for it. */
export function showChat(
  webview: Webview,
  { conversation, person }: { readonly conversation: string; readonly person?: string | undefined },
  surroundings: Surroundings,
): SurfaceHost {
  const { hub, keeper, outbox, ground, extensionUri } = surroundings
  const port = {
    // Not delivered to a page that is hidden or gone: one that is shown again says `ready` and asks for everything.
    post: (message: unknown) => void webview.postMessage(message).then(undefined, () => {}),
    onMessage: webview.onDidReceiveMessage,
  }
  const host = new SurfaceHost({ hub, keeper, outbox, ground, port, conversation, person })
  const at = (file: string) => webview.asWebviewUri(Uri.joinPath(extensionUri, 'dist', file)).toString()
  webview.options = chatOptions(surroundings)
  webview.html = chatPage({
    script: at('surface.js'),
    style: at('surface.css'),
    language: env.language,
    nonce: randomBytes(16).toString('base64url'),
  })
  return host
}

/** Shows that there is no chat, with a button that runs one command. */
export function showNoChat(webview: Webview, words: { text: string; button: string; command: string }): void {
  webview.options = {
    enableScripts: false,
    enableForms: false,
    enableCommandUris: [words.command],
    localResourceRoots: [],
  }
  webview.html = emptyPage({ ...words, language: env.language, nonce: randomBytes(16).toString('base64url') })
}
