// npm run check: types, lint and format, dead code, invariants, texts to translate, generated code, lock file. Prints what is wrong, exits 1.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brokenRules } from './rules.ts'

const root = join(import.meta.dirname, '..', '..')
const bin = (name: string) => join(root, 'node_modules', '.bin', name)

const checks: Record<string, () => string> = {
  types: () => output(bin('tsc'), ['--noEmit', '-p', root]),
  'types of the chat surface': () => output(bin('tsc'), ['--noEmit', '-p', join(root, 'extension', 'surface')]),
  // A program of their own: what they test brings the names of browsers along, which are not the daemon's.
  'types of its tests': () =>
    output(bin('tsc'), ['--noEmit', '-p', join(root, 'test', 'unit', 'extension', 'surface')]),
  'lint and format': () => output(bin('biome'), ['ci', '--error-on-warnings', '--colors=off']),
  'dead code': () => output(bin('knip'), ['--no-progress']),
  invariants: () => brokenRules(root, trackedFiles()).join('\n'),
  translations: () => output(process.execPath, [join(root, 'scripts', 'build', 'l10n.ts'), '--check']),
  'wire schema': () => output(bin('buf'), ['lint'], join(root, 'daemon')),
  'generated code': generatedCode,
  'lock file': lockFile,
}

let failed = false
for (const [name, check] of Object.entries(checks)) {
  const fault = check()
  console.log(`${fault ? '✗' : '✓'} ${name}`)
  if (fault) {
    failed = true
    console.log(fault)
  }
}
process.exit(failed ? 1 : 0)

/** What a tool printed when it failed; empty when it was content. */
function output(command: string, args: readonly string[], cwd = root): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 1 << 26 })
  if (status === 0) return ''
  return error ? error.message : `${stdout}${stderr}`.trim() || `${command} ended with ${status}`
}

function trackedFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root })
  return listed.toString().split('\n').filter(Boolean)
}

/** The code made from the .proto files must be what the committed .proto files give today. */
function generatedCode(): string {
  const made = mkdtempSync(join(tmpdir(), 'parley-generated-'))
  try {
    const fault = output(bin('buf'), ['generate', '--output', made], join(root, 'daemon'))
    if (fault) return fault
    const folder = join(root, 'daemon', 'src', 'protocol')
    const fresh = join(made, 'src', 'protocol')
    return readdirSync(fresh)
      .filter(file => readFileSync(join(fresh, file), 'utf8') !== readFileSync(join(folder, file), 'utf8'))
      .map(file => `${file} differs from its .proto: run \`npm run generate\``)
      .join('\n')
  } finally {
    rmSync(made, { recursive: true })
  }
}

/** A lock file with download addresses would tie every checkout to one registry. */
function lockFile(): string {
  const lines = readFileSync(join(root, 'package-lock.json'), 'utf8').split('\n')
  const bad = lines.filter(line => /"resolved": "[a-z+]+:\/\//.test(line))
  return bad.length > 0 ? `package-lock.json holds ${bad.length} download addresses; remove them` : ''
}
