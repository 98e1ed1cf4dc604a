import {
  Range,
  type Selection,
  TabInputCustom,
  TabInputNotebook,
  TabInputText,
  TabInputTextDiff,
  type TextDocument,
  type TextEditor,
  type Uri,
  window,
  workspace,
} from 'vscode'
import type { Disposable } from '../event.ts'
import { fencedBlock, joinBlocks, sharedStretch } from './block.ts'

/** The editor that was used last: the active one, also while a chat beside it or in its place has the focus. */
export class LastEditor implements Disposable {
  readonly #listening: Disposable
  #last = window.activeTextEditor

  constructor() {
    this.#listening = window.onDidChangeActiveTextEditor(editor => {
      this.#last = editor ?? this.#last
    })
  }

  get editor(): TextEditor | undefined {
    return this.#last && isThere(this.#last) ? this.#last : undefined
  }

  dispose(): void {
    this.#listening.dispose()
  }
}

/** VS Code keeps documents for a while after their tab was closed: what a person does not see any more is not meant. */
function isThere(editor: TextEditor): boolean {
  if (window.visibleTextEditors.includes(editor)) return true
  const tabs = window.tabGroups.all.flatMap(group => group.tabs)
  // A cell of a notebook has the path of its file.
  return tabs.some(({ input }) => urisOf(input).some(({ path }) => path === editor.document.uri.path))
}

function urisOf(input: unknown): readonly Uri[] {
  if (input instanceof TabInputTextDiff) return [input.original, input.modified]
  const isOfFile = input instanceof TabInputText || input instanceof TabInputNotebook || input instanceof TabInputCustom
  return isOfFile ? [input.uri] : []
}

/** What is selected in an editor as fenced blocks; undefined: nothing is. */
export function blocksOf({ document, selections }: TextEditor): string | undefined {
  const blocks = selections
    .toSorted((a, b) => a.start.compareTo(b.start))
    .flatMap(selection => blockOf(document, selection) ?? [])
  return blocks.length > 0 ? joinBlocks(blocks) : undefined
}

function blockOf(document: TextDocument, selection: Selection): string | undefined {
  const stretch = sharedStretch(selection, line => document.lineAt(line).text)
  if (!stretch) return undefined
  const { start, end } = stretch
  const notebook = workspace.notebookDocuments.find(each => each.getCells().some(cell => cell.document === document))
  return fencedBlock({
    language: document.languageId,
    path: sharedPath(notebook?.uri ?? document.uri),
    // A cell's lines are not those of its notebook's file.
    ...(notebook ? {} : { lines: { first: start.line + 1, last: end.line + 1 } }),
    text: document.getText(new Range(start.line, start.character, end.line, end.character)),
  })
}

/** The path in the workspace, behind the folder's name where there are several; else only the file's name. */
function sharedPath(uri: Uri): string {
  if (!workspace.getWorkspaceFolder(uri)) return uri.path.slice(uri.path.lastIndexOf('/') + 1)
  return workspace.asRelativePath(uri, (workspace.workspaceFolders ?? []).length > 1)
}
