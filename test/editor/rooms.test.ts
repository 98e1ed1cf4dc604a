import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import { type Chat, chatWith } from '../support/editor/chat.ts'
import type { Desk } from '../support/editor/desk.ts'
import { useEditors } from '../support/editor/editors.ts'
import { signUpAt } from '../support/editor/signed-up.ts'
import type { EditorWindow } from '../support/editor/window.ts'
import { temporaryFolder } from '../support/folder.ts'
import { startRegistry } from '../support/team.ts'
import { until } from '../support/wait.ts'

const log = `${'a line of a log\n'.repeat(20_000)}the end\n`

// One room is theirs throughout: each test goes on where the one before ended.
describe('two people in a room', () => {
  const editors = useEditors()
  const built: AsyncDisposable[] = []
  let alice: EditorWindow
  let bob: EditorWindow
  let alices: Chat
  let bobs: Chat
  let desk: Desk

  before(async function () {
    this.timeout(240_000)
    const folder = await temporaryFolder()
    built.push(folder)
    const opening = Promise.all([editors.open('alice', { files: { 'trace.log': log } }), editors.open('bob')])
    const registry = await startRegistry(join(folder.path, 'registry'))
    built.push(registry)
    const [ones, others] = await opening
    const { address } = registry.ready
    await Promise.all([signUpAt(ones, address, 'alice', 'Alice'), signUpAt(others, address, 'bob', 'Bob')])
    desk = ones
    alice = ones.window
    bob = others.window
    await Promise.all([alice.showContainer('Parley'), bob.showContainer('Parley')])
    await alice.row(/^Bob, online/).waitFor()
  })
  after(async () => {
    for (const each of built.splice(0).reverse()) await each[Symbol.asyncDispose]()
  })

  it('make it by the palette, are invited, and join from the list', async () => {
    await alice.run('Parley: New Room…')
    await alice.answer(/What is the room about/, 'release-2.4')
    await alice.answer(/A topic, which everybody sees/, 'What goes into 2.4')
    await alice.pick(/^Everything/)
    await choosePeople(alice, 'Bob')
    alices = await chatWith(alice, 'release-2.4')
    await alices.say('who tags it?')
    const invitation = bob.row(/^release-2\.4, room, Alice invites you/)
    await invitation.hover()
    await invitation.getByRole('button', { name: 'Join' }).click()
    bobs = await chatWith(bob, 'release-2.4')
    await bobs.message('who tags it?').waitFor()
    await bobs.say('I do')
    await alices.message('I do').waitFor()
    await alices.frame.getByText('Bob joined').first().waitFor()
    await alice.picture('rooms/joined')
  })

  it('say how far a message has come: who has it, and who has read it', async () => {
    await alices.say('by Friday?')
    const reached = alices.message('by Friday?').getByRole('button', { name: 'Read', exact: true })
    await reached.click()
    await alices.frame.getByRole('dialog', { name: 'Who has this message' }).getByText('Bob').waitFor()
    await alice.page.keyboard.press('Escape')
  })

  it('answer, react, mention, write anew with Up and delete', async () => {
    await actOn(bobs, 'who tags it?', 'Reply')
    await bobs.composer.pressSequentially('me, @al')
    await bobs.frame.getByRole('option', { name: /@alice/, selected: true }).waitFor()
    await bobs.composer.press('Tab')
    await bobs.composer.press('Enter')
    const answer = alices.frame.locator('article.is-to-me').filter({ hasText: 'me, @alice' })
    await answer.getByRole('button', { name: /In reply to Alice\s*who tags it\?/ }).waitFor()

    await actOn(alices, 'me, @alice', 'React')
    await alices.frame.getByRole('combobox', { name: 'Search for an emoji' }).fill('rocket')
    await alice.page.keyboard.press('Enter')
    await bobs.frame.getByRole('button', { name: '🚀, 1: Alice', pressed: false }).click()
    await alices.frame.getByRole('button', { name: '🚀, 2: Alice, Bob', pressed: true }).waitFor()

    await alices.composer.press('ArrowUp')
    await until('what was written last', async () => (await alices.composer.inputValue()) === 'by Friday?')
    await alices.say('by Monday?')
    await bobs.message('by Monday?').getByText('(edited)').waitFor()
    assert.equal(await bobs.message('by Friday?').count(), 0)
    await alice.picture('rooms/messages')

    await actOn(alices, 'by Monday?', 'Delete…')
    await confirm(alice, 'Delete this message?', 'Delete for Everybody')
    await bobs.frame.getByText('This message was deleted.').waitFor()
    await actOn(alices, 'I do', 'Delete…')
    await confirm(alice, 'Delete this message?', 'Delete for Me')
    await alices.message('I do').waitFor({ state: 'detached' })
    assert.equal(await bobs.message('I do').count(), 1)
  })

  it('send files: a picture from the clipboard shows, and what was chosen is saved at the other side', async () => {
    await alices.composer.focus()
    await paste(alices, 'screen.png')
    await alices.frame.getByRole('button', { name: 'Leave screen.png out' }).waitFor()
    await alices.say('look')
    await bobs.frame.getByRole('img', { name: 'screen.png' }).waitFor()

    await alices.frame.getByRole('button', { name: 'File', exact: true }).click()
    await chooseFile(alice, 'Send Files', join(desk.workspace, 'trace.log'))
    await alices.frame.getByRole('button', { name: 'Leave trace.log out' }).waitFor()
    await alices.say('the trace')
    const card = bobs.message('the trace')
    await card.getByText('320 KB').waitFor()
    await card.getByRole('button', { name: 'Download trace.log' }).click()
    await card.getByRole('button', { name: 'Save trace.log…' }).click()
    const saved = join(desk.folder, 'saved.log')
    await Promise.all([bob.notification('saved.log is saved').waitFor(), chooseFile(bob, 'Save File', saved)])
    assert.equal(readFileSync(saved, 'utf8'), log)
    await bob.picture('rooms/files')
  })

  it('find what was said in any chat, and come to it; a link leads there as well', async () => {
    await actOn(bobs, 'who tags it?', 'Copy link to message')
    const link = await copied(bob, /\/message\?/)
    await bobs.say(`see ${link}`)
    await alices.frame.getByRole('link', { name: 'a message' }).click()
    await alices.frame.locator('article.is-shown').filter({ hasText: 'who tags it?' }).waitFor()

    await bob.page.keyboard.press('Control+Alt+f')
    await bob.input.fill('tags from:alice in:release')
    await bob.pick(/who tags it\?/)
    await bobs.frame.locator('article.is-shown').filter({ hasText: 'who tags it?' }).waitFor()
  })

  it('change its name and topic, and who may do what', async () => {
    await contextMenu(alice, /^release-2\.4\b/, 'Room Settings…')
    await alice.pick(/^Rename…/)
    await alice.answer(/What is the room about/, 'release-2.5')
    bobs = await chatWith(bob, 'release-2.5')
    await alices.frame.getByRole('button', { name: 'More' }).click()
    await alices.frame.getByRole('menuitem', { name: 'Room settings…' }).click()
    await alice.pick(/^Topic…/)
    await alice.answer(/A topic, which everybody sees/, 'Later')
    await bobs.frame.getByRole('banner').getByText('Later').waitFor()

    await member(alice, /^Bob/, 'Make admin')
    await bobs.frame.getByText('Alice made Bob an admin').first().waitFor()
    await member(alice, /^Bob.*admin/, 'Make member')
    await bobs.frame.getByText('Alice made Bob a member').first().waitFor()
    await member(alice, /^Bob/, 'Remove from the room…')
    await confirm(alice, 'Remove Bob from release-2.5?', 'Remove')
    await bobs.frame.getByPlaceholder('You are not in release-2.5 any more').waitFor()
    await bob.picture('rooms/removed')
  })

  it('come back when they are invited again, and leave', async () => {
    await contextMenu(alice, /^release-2\.5\b/, 'Invite People to the Room…')
    await choosePeople(alice, 'Bob')
    await bobs.frame.getByRole('button', { name: 'Join' }).click()
    bobs = await chatWith(bob, 'release-2.5')
    await bobs.say('back again')
    alices = await chatWith(alice, 'release-2.5')
    await alices.message('back again').waitFor()
    await contextMenu(bob, /^release-2\.5\b/, 'Leave the Room…')
    await confirm(bob, 'Leave release-2.5?', 'Leave')
    await alices.frame.getByText('Bob left').first().waitFor()
  })

  it('go from chat to chat by keys, and keep, export and clear what was said', async () => {
    await alice.page.keyboard.press('Control+Alt+p')
    await alice.quickPick.getByRole('option', { name: /^release-2\.5/ }).waitFor()
    await alice.page.keyboard.press('Escape')

    await contextMenu(alice, /^release-2\.5\b/, 'Keep Messages…')
    await alice.pick(/^30 days/)
    await confirm(alice, 'older than 30 days?', 'Drop Older Messages')

    await contextMenu(alice, /^release-2\.5\b/, 'Export…')
    const file = join(desk.folder, 'room.jsonl')
    await Promise.all([
      alice.notification('Exported to room.jsonl').waitFor(),
      chooseFile(alice, 'Export release-2.5', file),
    ])
    assert.match(readFileSync(file, 'utf8'), /back again/)

    await alices.frame.getByRole('button', { name: 'More' }).click()
    await alices.frame.getByRole('menuitem', { name: 'Clear history…' }).click()
    await confirm(alice, 'Clear the history of release-2.5', 'Clear')
    await alices.message('back again').waitFor({ state: 'detached' })
    await alice.picture('rooms/cleared')
    await alice.run('Parley: Import History…')
    await Promise.all([
      alice.notification(/Imported\./).waitFor(),
      chooseFile(alice, 'Import What an Export Has Written', file),
    ])
    assert.ok(existsSync(file))
  })
})

/** Chooses people in the box that asks for them. */
async function choosePeople(window: EditorWindow, ...names: readonly string[]): Promise<void> {
  for (const name of names)
    await window.quickPick
      .getByRole('checkbox', { name: new RegExp(`^${name}\\b`) })
      .first()
      .click()
  await window.quickPick.getByRole('button', { name: 'OK' }).click()
}

/** Names a file in the dialog of that title, which writes into its field itself until it has looked around. */
async function chooseFile(window: EditorWindow, title: string, path: string): Promise<void> {
  const dialog = window.quickPick.filter({ hasText: title })
  await dialog.waitFor()
  // VS Code looks at the folder first and then writes its path here, over whatever was typed meanwhile.
  await dialog.getByRole('option').first().waitFor()
  await until(`the file for ${title}`, async () => {
    if ((await window.input.inputValue()) !== path) await window.input.fill(path)
    await window.page.keyboard.press('Enter')
    return dialog.waitFor({ state: 'hidden', timeout: 1000 }).then(
      () => true,
      () => false,
    )
  })
}

/** Presses a button of a message, as somebody with a mouse does. */
async function actOn(chat: Chat, text: string, action: string): Promise<void> {
  const message = chat.frame.getByRole('article').filter({ hasText: text }).first()
  await message.hover()
  await message.getByRole('toolbar', { name: 'Actions' }).getByRole('button', { name: action, exact: true }).click()
}

async function confirm({ page }: EditorWindow, question: string, answer: string): Promise<void> {
  const dialog = page.locator('.monaco-dialog-box').filter({ hasText: question })
  await dialog.getByRole('button', { name: answer, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
}

/** What can be done with a member of the room that is in use. */
async function member(window: EditorWindow, name: RegExp, act: string): Promise<void> {
  // A chat that takes the focus in this moment closes what has just been opened.
  await until('the members', async () => {
    await window.run('Parley: Members of the Room…')
    const opened = window.quickPick.filter({ hasText: 'Members of' }).waitFor({ timeout: 5000 })
    return opened.then(
      () => true,
      () => false,
    )
  })
  await window.pick(name)
  await window.pick(act)
}

async function contextMenu(window: EditorWindow, row: RegExp, entry: string): Promise<void> {
  const found: Locator = window.page.getByRole('menuitem', { name: entry, exact: true })
  // A row that is drawn anew while the button is down opens no menu, or that of before: then a person clicks again.
  await until(`the menu with ${entry}`, async () => {
    await window.page.keyboard.press('Escape')
    await window.row(row).click({ button: 'right' })
    return found.waitFor({ timeout: 5000 }).then(
      () => true,
      () => false,
    )
  })
  await found.hover()
  await window.page.keyboard.press('Enter')
}

async function copied(window: EditorWindow, what: RegExp): Promise<string> {
  return await until('the clipboard has it', async () => {
    const text = await window.clipboard()
    return what.test(text) && text
  })
}

/** Pastes a picture of 60 × 40 px, drawn in the page, as the clipboard gives one. */
async function paste({ composer }: Chat, name: string): Promise<void> {
  await composer.evaluate(async (field, file) => {
    const { document, File, DataTransfer, ClipboardEvent } = field.ownerDocument.defaultView
    const canvas = document.createElement('canvas')
    Object.assign(canvas, { width: 60, height: 40 })
    canvas.getContext('2d').fillRect(0, 0, 60, 40)
    const blob = await new Promise(resolve => canvas.toBlob(resolve, 'image/png'))
    const clipboardData = new DataTransfer()
    clipboardData.items.add(new File([blob], file, { type: 'image/png' }))
    field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
  }, name)
}
