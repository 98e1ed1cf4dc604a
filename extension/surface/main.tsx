import * as l10n from '@vscode/l10n'
import { render } from 'preact'
import { App } from './app.tsx'
import { Bridge, type WebviewApi } from './bridge.ts'
import { Chat } from './chat/chat.ts'
import './style/surface.css'
import { warmUp } from './warm-up.tsx'

declare function acquireVsCodeApi(): WebviewApi

const bridge = new Bridge(acquireVsCodeApi(), () => l10n.t('Parley did not answer in time.'))
const chat = new Chat(bridge, ({ strings }) => strings && l10n.config({ contents: { ...strings } }))
window.addEventListener('message', ({ data }) => bridge.receive(data))
window.addEventListener('pagehide', () => chat.flush())
document.addEventListener('visibilitychange', () => document.hidden && chat.flush())
chat.start()
render(<App chat={chat} host={bridge} />, document.body)
setTimeout(warmUp)
