import assert from 'node:assert/strict'
import { readPasted } from '../../daemon/src/protocol/pasted.ts'
import { chatWith } from '../support/editor/chat.ts'
import type { Desk } from '../support/editor/desk.ts'
import { useEditors } from '../support/editor/editors.ts'
import { joinTeam, startTeam } from '../support/editor/newcomer.ts'
import { type Member, meet, setStatus, signOut, signUp } from '../support/member.ts'
import { until } from '../support/wait.ts'

const alice = { name: 'Alice Kim', password: 'correct horse battery' }
const bob = { name: 'Bob Larsen', password: 'staple correct horse' }

describe('the people of a team', () => {
  const editors = useEditors()
  const members: Member[] = []
  let ones: Desk
  let others: Desk

  before(async function () {
    this.timeout(240_000)
    ;[ones, others] = await Promise.all([editors.open('alice'), editors.open('bob')])
    const invite = await startTeam(ones, 'Acme', alice)
    await joinTeam(others, invite, bob)
    await chatWith(others.window, 'Alice Kim')
    for (const name of ['dana', 'emre', 'farah']) members.push(await memberBy(invite, name))
    const [dana, emre, farah] = members
    assert.ok(dana && emre && farah)
    await setStatus(dana, 'away')
    await setStatus(emre, 'busy')
    await signOut(farah)
  })
  after(async () => {
    for (const member of members) await member[Symbol.asyncDispose]()
  })

  it('are listed by how they stand, in words and counted', async () => {
    const { window } = ones
    await window.showContainer('Parley')
    await window.row(/^Dana, away/).waitFor()
    await window.row(/^Emre, busy/).waitFor()
    await window.row(/^Farah, last seen \d/).waitFor()
    const rows = await window.page.getByRole('treeitem').filter({ visible: true }).all()
    const labels = await Promise.all(rows.map(row => row.getAttribute('aria-label')))
    const names = labels.map(label => label?.split(',')[0])
    assert.deepEqual(names, ['Bob Larsen', 'Emre', 'Dana', 'Farah'])
    await window.page.getByText('3 of 4 online', { exact: true }).waitFor()
    await window.picture('people/list')
  })

  it('show within 2 s who becomes busy, and say what that means', async () => {
    await others.window.run('Parley: Set My Status…')
    await others.window.quickPick.getByText('Others see that you may answer later').waitFor()
    await others.window.picture('people/status')
    await others.window.pick(/^Busy/)
    await ones.window.row(/^Bob Larsen, busy/).waitFor({ timeout: 2000 })
    await others.window.status(/busy/).getByText('busy', { exact: true }).waitFor()
    await others.window.run('Parley: Set My Status…')
    await others.window.pick(/^Available/)
    await ones.window.row(/^Bob Larsen, online/).waitFor({ timeout: 2000 })
  })

  it('carry a badge with what was not read, and open by Enter', async () => {
    await ones.window.run('View: Close All Editors')
    const chat = await chatWith(others.window, 'Alice Kim')
    await chat.say('hello')
    await chat.say('again')
    await ones.window.row(/^Bob Larsen, online, 2 unread messages$/).waitFor()
    await ones.window.picture('people/unread')
    await ones.window.run('Parley: Focus on People View')
    const composer = ones.window.webview().getByRole('textbox', { name: 'Message Bob Larsen' })
    // The keys go to the list only once the palette has given the focus back.
    await until(
      'the chat',
      async () => {
        await ones.window.page.keyboard.press('Home')
        await ones.window.page.keyboard.press('Enter')
        return composer.waitFor({ timeout: 5000 }).then(
          () => true,
          () => false,
        )
      },
      30_000,
    )
    await ones.window.row(/^Bob Larsen, online$/).waitFor()
  })

  it('are found as one types, from all of the team', async () => {
    const { window } = ones
    await window.run('Parley: Find People…')
    await window.input.fill('ar')
    await window.quickPick.getByRole('option', { name: /^Bob Larsen/ }).waitFor()
    await window.quickPick.getByRole('option', { name: /^Farah/ }).waitFor()
    await window.picture('people/find')
    await window.input.fill('nobody like that')
    await window.quickPick.getByText('in their name').waitFor()
    await window.input.fill('@dana')
    await window.pick(/^Dana/)
    await chatWith(window, 'Dana')
    await window.run('Parley: Open Chat…')
    await window.quickPick.getByRole('option', { name: /^Bob Larsen/ }).waitFor()
    await window.picture('people/open-chat')
    await window.page.keyboard.press('Escape')
  })

  it('show who closes their editor as away', async () => {
    await others.window.close()
    await ones.window.row(/^Bob Larsen, away/).waitFor({ timeout: 20_000 })
  })
})

/** Somebody who joins by an invite, without an editor. */
async function memberBy(invite: string, name: string): Promise<Member> {
  const { host, port, registry, code } = readPasted(invite).link
  assert.ok(registry)
  const member = await meet({ host, port, registry: { id: registry } }, { name })
  const displayName = `${name[0]?.toUpperCase()}${name.slice(1)}`
  await signUp(member, { displayName, invite: code ?? new Uint8Array() })
  return member
}
