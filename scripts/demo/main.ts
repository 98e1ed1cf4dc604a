// npm start: a registry and two people on this computer, and a chat between them. Alice is whoever sits at the keyboard,
// bob a bot that answers what he is told; both use hubs of their own through the control API, as any front end does.
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { asParleyError } from '../../daemon/src/errors.ts'
import { chat, download } from './chat.ts'
import { answerAll } from './echo.ts'
import { type DemoTeam, startDemoTeam } from './team.ts'

const help = `Usage: npm start [-- --editor] [-- --help]

Starts a registry and two people, alice and bob, on this computer, and opens a chat between them.
Type a line to send it as alice; bob answers. Ctrl+D or Ctrl+C ends it all.

  npm start                         chat in the terminal; Ctrl+O there opens the editors
  npm start -- --editor             alice and bob, each in a VS Code of their own
  printf 'hello\\n' | npm start      send each line, print each answer, end

${download}`

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' }, editor: { type: 'boolean' } } })
  if (values.help) {
    console.log(help)
    return 0
  }
  await using team = await startDemoTeam(text => console.error(text))
  if (values.editor) return await edit(team)
  const stopAnswering = await answerAll(team.bob)
  const end = await chat(team)
  if (end !== 'editor') return end
  stopAnswering()
  console.error('The bot has gone: bob answers from his own window now.')
  return await edit(team)
}

/** Opens the editors and stays until they are closed, or until Ctrl+C. */
async function edit(team: DemoTeam): Promise<number> {
  const interrupted = Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map(signal => once(process, signal)))
  // Only here: what packs the extension would slow down every other start.
  const { openEditors } = await import('./editors.ts')
  const opening = openEditors(team, text => console.error(text))
  opening.catch(() => {}) // told below, unless somebody has ended the demo meanwhile
  const editors = await Promise.race([opening, interrupted])
  if (Array.isArray(editors)) {
    await opening.then(late => late[Symbol.asyncDispose]()).catch(() => {})
    return 0
  }
  await using open = editors
  console.log(`\n${open.words}\n`)
  await Promise.race([open.closed, interrupted])
  return 0
}

try {
  process.exitCode = await main()
} catch (error) {
  const isUsage = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  console.error(isUsage ? `${error.message} \`npm start -- --help\` says what there is.` : asParleyError(error).message)
  process.exitCode = isUsage ? 2 : 1
}
