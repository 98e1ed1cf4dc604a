import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chatPage } from '../../../extension/src/chat/html.ts'
import { buildSurface } from '../../../scripts/build/bundle.ts'

export type Theme = 'dark' | 'light' | 'high-contrast' | 'high-contrast-light'

/** The built surface, as a web page that differs from the editor's only in who hosts it. */
export interface Site extends AsyncDisposable {
  address(theme: Theme, language?: string): string
}

export async function startSite(): Promise<Site> {
  const built = await mkdtemp(join(tmpdir(), 'parley-surface-'))
  await buildSurface(built)
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const name = pathname.slice(1)
    const type = name.endsWith('.js') ? 'text/javascript' : name.endsWith('.css') ? 'text/css' : 'text/html'
    try {
      const theme = searchParams.get('theme') ?? 'dark'
      const language = searchParams.get('language') ?? 'en'
      const body = await (name === '' ? hosted(theme, language) : readFile(fileOf(built, name)))
      response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store' }).end(body)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    address: (theme, language = 'en') => `http://127.0.0.1:${port}/?theme=${theme}&language=${language}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      await rm(built, { recursive: true })
    },
  }
}

/** The page as the extension writes it, with what the editor puts into each webview: default styles and a theme. */
async function hosted(theme: string, language: string): Promise<string> {
  const nonce = randomBytes(16).toString('base64')
  const page = chatPage({ script: '/surface.js', style: '/surface.css', language, nonce })
  const kind = `vscode-${theme}`
  const classes = theme === 'high-contrast-light' ? `${kind} vscode-high-contrast` : kind
  const sheets = ['editor.css', `${theme}.css`].map(name => `<link rel="stylesheet" nonce="${nonce}" href="/${name}">`)
  return page
    .replace('<link ', `${sheets.join('\n')}\n<link `)
    .replace('<body>', `<body class="${classes}" data-vscode-theme-kind="${kind}">`)
}

function fileOf(built: string, name: string): string {
  const isBuilt = /^surface\.(js|css)$/.test(name)
  if (!isBuilt && !/^[a-z-]+\.css$/.test(name)) throw new Error(`there is no ${name}`)
  return join(isBuilt ? built : join(import.meta.dirname, 'themes'), name)
}
