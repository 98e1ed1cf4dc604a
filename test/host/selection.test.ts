import assert from 'node:assert/strict'
import { commands, EndOfLine, Selection, Uri, ViewColumn, window, workspace } from 'vscode'
import { blocksOf, LastEditor } from '../../extension/src/share/selection.ts'

describe('what is selected in an editor', () => {
  const root = () => workspace.workspaceFolders?.[0]?.uri ?? assert.fail('no folder is open')
  const open = async (path: string, text: string) => {
    const file = Uri.joinPath(root(), path)
    await workspace.fs.writeFile(file, Buffer.from(text))
    return await window.showTextDocument(await workspace.openTextDocument(file), { preview: false })
  }
  after(() => commands.executeCommand('workbench.action.closeAllEditors'))

  it('is shared as blocks with language, path and lines, in the order of the file', async () => {
    const editor = await open('lib/b.js', 'one\r\n  two\r\nthree\r\n')
    assert.equal(editor.document.eol, EndOfLine.CRLF)
    assert.equal(blocksOf(editor), undefined)
    editor.selections = [new Selection(2, 0, 2, 5), new Selection(1, 2, 2, 0)]
    assert.equal(blocksOf(editor), '```js lib/b.js:2\n  two\n```\n\n```js lib/b.js:3\nthree\n```')
  })

  it('is that of the editor that was used last, as long as it is there', async () => {
    const first = await open('lib/b.js', 'one\n')
    const last = new LastEditor()
    assert.ok(last.editor === first)
    const second = await open('lib/c.txt', 'two\n')
    assert.equal(last.editor?.document, second.document)
    const cover = window.createWebviewPanel('cover', 'Cover', ViewColumn.Active)
    assert.equal(last.editor?.document, second.document, 'a chat may cover it')
    cover.dispose()
    await commands.executeCommand('workbench.action.closeAllEditors')
    assert.ok(last.editor === undefined, 'it is not there any more')
    last.dispose()
  })
})
