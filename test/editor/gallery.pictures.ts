import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { toText } from '../../daemon/src/protocol/ids.ts'
import { projectFiles, sharedLines } from '../../scripts/demo/story.ts'
import { openChat, there } from '../support/editor/chat.ts'
import type { Theme } from '../support/editor/code-server.ts'
import type { Desk } from '../support/editor/desk.ts'
import { useEditors } from '../support/editor/editors.ts'
import { signUpAt } from '../support/editor/signed-up.ts'
import { temporaryFolder } from '../support/folder.ts'
import { Person, startRegistry } from '../support/team.ts'

/** The pictures of the README and of the gallery's page; `npm run pictures` keeps them. */
describe('the pictures of the README', () => {
  const editors = useEditors()

  for (const theme of ['dark', 'light'] satisfies Theme[]) {
    it(`show a team at work in ${theme}`, async () => {
      await using folder = await temporaryFolder()
      await using registry = await startRegistry(join(folder.path, 'registry'), { args: atLoopback })
      const { address } = registry.ready
      const desk = await editors.open('alice', { theme, files: projectFiles })
      await signUpAt(desk, address, 'alice', 'Alice Kim')
      await using bob = await member(folder.path, address, 'bob', 'Bob Larsen')
      await using chen = await member(folder.path, address, 'chen', 'Chen Li')
      await using dana = await member(folder.path, address, 'dana', 'Dana Weiss')
      await using farah = await member(folder.path, address, 'farah', 'Farah N.')
      await chen.client.request('setAvailability', { availability: 'busy' })
      await say(dana, 'The release notes are up for review')
      await say(chen, 'Tagged, pushing the images now')
      await farah.client.request('signOut', {})
      await talk(desk, bob)
      await desk.window.row(/^Farah N\., last seen/).waitFor()
      await desk.window.run('Notifications: Clear All Notifications')
      await desk.window.row(/^Bob Larsen, online$/).waitFor()
      await (await openChat(desk.window, 'Bob Larsen')).composer.press('End')
      await desk.window.screenshot(`gallery/chat-${theme}`)
    })
  }
})

const atLoopback = ['--listen', '127.0.0.1:0', '--heartbeat', '127.0.0.1:0', '--name', 'Acme']

async function member(folder: string, registry: string, name: string, displayName: string): Promise<Person> {
  const person = await new Person(name, join(folder, name)).start()
  await person.client.request('signUp', { registry, name, displayName, password: 'correct horse battery' })
  return person
}

/** A chat about code, up to what alice has not sent yet. */
async function talk(desk: Desk, bob: Person): Promise<void> {
  await say(bob, 'Have you seen the red build?')
  const chat = await openChat(desk.window, 'Bob Larsen')
  await chat.say('The retry test is **flaky** on CI. Is it the backoff or the clock?')
  await chat.say('I pinned the seed, see `src/retry.ts:23`')
  await chat.stands('I pinned the seed, see src/retry.ts:23', there)
  await say(
    bob,
    `The clock. It only fails when the timer fires *before* the abort:\n\n${sharedLines('src/retry.ts', 9, 13)}`,
  )
  await say(bob, '@alice I can send a patch, 4 lines. Want it?')
  await chat.message('@alice I can send a patch, 4 lines. Want it?').waitFor()
  await chat.say('Yes please')
  await chat.stands('Yes please', there)
  await chat.composer.fill("I'll rerun it on the ARM runner too")
}

async function say(from: Person, text: string): Promise<void> {
  const message = toText(randomBytes(16))
  const { conversation } = await from.client.request('send', { to: 'alice', text, message })
  await from.client.request('waitDelivered', { conversation, message, timeout: 15_000 })
}
