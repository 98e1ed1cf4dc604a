import type { Process } from '../support/processes.ts'

/** What a process answers to a line: the next line that it prints, parsed. Rejects after `deadline` ms, or when it ends. */
export function ask<Answer>(process: Process<unknown>, line: string, deadline: number): Promise<Answer> {
  const answer = Promise.withResolvers<Answer>()
  const fail = () => answer.reject(new Error(`no result: ${process.errors()}`))
  const late = setTimeout(fail, deadline)
  void process.ended.then(fail)
  process.onLine(text => answer.resolve(JSON.parse(text)))
  process.write(line)
  return answer.promise.finally(() => clearTimeout(late))
}
