import type { Command } from 'commander'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { fileNamed } from '../locations.ts'
import { addCommand, type CommonOptions, withHub } from './command.ts'
import { counted } from './counted.ts'
import { withHistoryProgress } from './history-progress.ts'
import { showSize } from './layout.ts'
import { print, printJson, type Terminal } from './terminal.ts'

interface Options extends CommonOptions {
  readonly format?: string
}

export function addExport(program: Command, terminal: Terminal): void {
  addCommand(
    program,
    'export <file> [who]',
    'write what was said to a new file: with somebody, in a room, or all of it',
    ['parley export everything.jsonl', 'parley export bob.md bob'],
  )
    .option(
      '--format <format>',
      'json (JSON Lines, can be imported again) or markdown (default: by the name of the file)',
    )
    .action((file: string, who: string | undefined, options: Options) => run(terminal, file, who, options))
}

async function run(terminal: Terminal, given: string, who: string | undefined, options: Options): Promise<void> {
  const file = fileNamed(given)
  const format = readFormat(options.format, file)
  const params = { file, format, ...(who !== undefined && { with: who }) }
  const size = await withHub(terminal, options, client =>
    withHistoryProgress(terminal, { client, file, ...options }, () =>
      client.request('exportHistory', params, { timeout: limits.longestWait }),
    ),
  )
  if (options.json) return printJson(terminal, { file, format, ...size })
  print(terminal, `${file}: ${counted(size.messages, 'message')}, ${showSize(size.bytes)}.`)
}

function readFormat(given: string | undefined, file: string): 'json' | 'markdown' {
  const wanted = given ?? (/\.(?:md|markdown)$/i.test(file) ? 'markdown' : 'json')
  if (wanted === 'json' || wanted === 'markdown') return wanted
  throw new ParleyError('usage', `--format takes json or markdown, not ${JSON.stringify(wanted)}.`)
}
