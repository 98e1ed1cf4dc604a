// npm start: a registry and two people on this computer, and a chat between them. Alice is whoever sits at the keyboard,
// bob a bot that answers what he is told; both use hubs of their own through the control API, as any front end does.
import { parseArgs } from 'node:util'
import { asParleyError } from '../../daemon/src/errors.ts'
import { chat } from './chat.ts'
import { answerAll } from './echo.ts'
import { startDemoTeam } from './team.ts'

const help = `Usage: npm start [-- --help]

Starts a registry and two people, alice and bob, on this computer, and opens a chat between them.
Type a line to send it as alice; bob answers. Ctrl+D or Ctrl+C ends it all.

  npm start                         chat
  printf 'hello\\n' | npm start      send each line, print each answer, end`

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } })
  if (values.help) {
    console.log(help)
    return 0
  }
  await using team = await startDemoTeam(text => console.error(text))
  await answerAll(team.bob)
  return await chat(team)
}

try {
  process.exitCode = await main()
} catch (error) {
  const isUsage = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  console.error(isUsage ? `${error.message} \`npm start -- --help\` says what there is.` : asParleyError(error).message)
  process.exitCode = isUsage ? 2 : 1
}
