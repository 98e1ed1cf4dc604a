import type { Client } from '../client/connect.ts'
import { limits } from '../limits.ts'
import type { HistoryProgress } from '../protocol/control.ts'
import type { CommonOptions } from './command.ts'
import { counted } from './counted.ts'
import { harmlessLine } from './harmless.ts'
import { showSize } from './layout.ts'
import { percentOf } from './percent.ts'
import { Progress } from './progress.ts'
import type { Terminal } from './terminal.ts'

/** Shows on a terminal how far the export or import of `file` is, while `run` goes on; nothing with --json. */
export async function withHistoryProgress<Result>(
  terminal: Terminal,
  { client, file, json }: { readonly client: Client; readonly file: string } & Pick<CommonOptions, 'json'>,
  run: () => Promise<Result>,
): Promise<Result> {
  const progress = new Progress(terminal)
  let shown = Number.NEGATIVE_INFINITY
  const stop = client.on('historyProgress', news => {
    if (json || news.file !== file || performance.now() - shown < limits.backupProgress) return
    shown = performance.now()
    progress.show(historyProgressLine(news))
  })
  try {
    return await run()
  } finally {
    stop()
    progress.end()
  }
}

/** `Importing all.jsonl: 1200 messages, 45 %`. */
export function historyProgressLine({ file, doing, messages, bytes, size }: HistoryProgress): string {
  const far = size === undefined ? showSize(bytes) : `${percentOf(bytes, size)} %`
  return `${verbs[doing]} ${harmlessLine(file)}: ${counted(messages, 'message')}, ${far}`
}

const verbs = { exporting: 'Writing', checking: 'Checking', importing: 'Importing' } as const
