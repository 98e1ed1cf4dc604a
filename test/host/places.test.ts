import assert from 'node:assert/strict'
import { commands, Uri, window, workspace } from 'vscode'
import { openPlace } from '../../extension/src/chat/open-place.ts'

const lines = Array.from({ length: 20 }, (_, n) => `line ${n + 1}`).join('\n')

describe('a place that a message names', () => {
  const root = () => workspace.workspaceFolders?.[0]?.uri ?? assert.fail('no folder is open')
  const write = (path: string) => workspace.fs.writeFile(Uri.joinPath(root(), path), Buffer.from(lines))

  before(async () => {
    for (const path of ['src/a.ts', 'packages/one/index.ts', 'packages/two/index.ts', 'odd [1]/{b}.ts'])
      await write(path)
  })
  beforeEach(() => commands.executeCommand('workbench.action.closeAllEditors'))
  after(() => commands.executeCommand('workbench.action.closeAllEditors'))

  /** The path, from the workspace's folder, and the selection of what is open. */
  const shown = () => {
    const { document, selection } = window.activeTextEditor ?? assert.fail('nothing is open')
    const { start, end } = selection
    return [workspace.asRelativePath(document.uri), start.line + 1, start.character + 1, end.line + 1]
  }

  it('opens there, with its lines selected', async () => {
    assert.equal(await openPlace({ path: 'src/a.ts', line: 7, column: 3 }), true)
    assert.deepEqual(shown(), ['src/a.ts', 7, 3, 7])
    assert.equal(await openPlace({ path: './src/a.ts', line: 3, endLine: 5 }), true)
    assert.deepEqual(shown(), ['src/a.ts', 3, 1, 5])
  })

  it('is found by its end, where that is only one file, and by its whole path', async () => {
    assert.equal(await openPlace({ path: 'two/index.ts', line: 2 }), true)
    assert.deepEqual(shown(), ['packages/two/index.ts', 2, 1, 2])
    assert.equal(await openPlace({ path: '{b}.ts', line: 1 }), true)
    assert.deepEqual(shown(), ['odd [1]/{b}.ts', 1, 1, 1])
    assert.equal(await openPlace({ path: Uri.joinPath(root(), 'src/a.ts').path, line: 4 }), true)
    assert.deepEqual(shown(), ['src/a.ts', 4, 1, 4])
  })

  it('is at the end of a file that has become shorter', async () => {
    assert.equal(await openPlace({ path: 'src/a.ts', line: 5_000_000 }), true)
    assert.deepEqual(shown(), ['src/a.ts', 20, 8, 20])
  })

  it('opens nothing that is not one file of the workspace', async () => {
    const outside = Uri.joinPath(root(), '..', 'outside.ts')
    await workspace.fs.writeFile(outside, Buffer.from(lines))
    for (const path of ['index.ts', 'src', 'src/none.ts', '../outside.ts', outside.path, '*.ts', 'untitled:x', '']) {
      assert.equal(await openPlace({ path, line: 1 }), false, path)
    }
    assert.equal(window.activeTextEditor, undefined)
  })
})
