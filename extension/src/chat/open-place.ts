import { CancellationTokenSource, commands, FileType, Range, Uri, ViewColumn, window, workspace } from 'vscode'
import { limits } from '../limits.ts'
import type { Place } from './messages.ts'
import { candidatesOf, endsIn, globOf, type PlacePath, readPlacePath } from './place-path.ts'

/** Opens a file of the workspace where a message points to; false when the workspace has no such file. */
export async function openPlace(place: Place): Promise<boolean> {
  const path = readPlacePath(place.path)
  const file = path && ((await exactFile(path)) ?? (await onlyFile(path)))
  if (!file) return false
  const { line, column = 1, endLine } = place
  const selection = new Range(
    line - 1,
    column - 1,
    (endLine ?? line) - 1,
    endLine ? Number.MAX_SAFE_INTEGER : column - 1,
  )
  await commands.executeCommand('vscode.open', file, { selection, viewColumn: columnForCode(), preview: true })
  return true
}

async function exactFile(path: PlacePath): Promise<Uri | undefined> {
  const folders = workspace.workspaceFolders ?? []
  const names = folders.map(({ name, uri }) => ({ name, path: uri.path }))
  for (const { folder, segments } of candidatesOf(path, names)) {
    const root = folders[folder]
    const file = root && Uri.joinPath(root.uri, ...segments)
    if (file && (await isFile(file))) return file
  }
  return undefined
}

async function isFile(uri: Uri): Promise<boolean> {
  try {
    return ((await workspace.fs.stat(uri)).type & FileType.File) !== 0
  } catch {
    return false
  }
}

/** The one file whose path ends so; none when there are several, as nobody could tell which is meant. */
async function onlyFile({ segments, isAbsolute }: PlacePath): Promise<Uri | undefined> {
  if (isAbsolute) return undefined
  const deadline = new CancellationTokenSource()
  const timer = setTimeout(() => deadline.cancel(), limits.placeSearch)
  try {
    const found = await workspace.findFiles(globOf(segments), undefined, limits.samePlaces, deadline.token)
    const fitting = found.filter(({ path }) => endsIn(path, segments))
    return fitting.length === 1 && found.length < limits.samePlaces ? fitting[0] : undefined
  } finally {
    clearTimeout(timer)
    deadline.dispose()
  }
}

/** Beside the chat where code is shown already, so that the chat stays in sight. */
function columnForCode(): ViewColumn {
  const { activeTabGroup } = window.tabGroups
  const shown = window.visibleTextEditors.map(({ viewColumn }) => viewColumn).filter(column => column !== undefined)
  if (window.activeTextEditor?.viewColumn) return window.activeTextEditor.viewColumn
  return shown.find(column => column !== activeTabGroup.viewColumn) ?? ViewColumn.Active
}
