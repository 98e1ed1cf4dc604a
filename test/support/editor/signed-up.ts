import { connect } from '../../../daemon/src/client/index.ts'
import type { AccountInfo } from '../../../daemon/src/protocol/control.ts'
import { until } from '../wait.ts'
import type { Desk } from './desk.ts'
import { hubOf } from './hub-process.ts'

/** Makes an account by the hub that the desk's window has started, for tests that are about what comes after. */
export async function signUpAt(
  { home, window }: Desk,
  registry: string,
  name: string,
  displayName = name,
): Promise<AccountInfo> {
  await until('the hub of the window', () => hubOf(home), 30_000)
  const client = await connect({ home, client: 'test' })
  try {
    const account = await client.request('signUp', { registry, name, displayName, password: 'correct horse battery' })
    await window.status(/ in the team /).waitFor()
    return account
  } finally {
    client.close()
  }
}
