#!/usr/bin/env node
// Plain JavaScript that any Node can read, so that an old one gets a sentence instead of a syntax error.
import { existsSync } from 'node:fs'
import { isBuiltin } from 'node:module'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `parley: this is Node ${process.versions.node}, but Parley needs Node 22.19 or newer; install it from https://nodejs.org.\n`,
  )
  process.exitCode = 1
} else if (!isBuiltin('node:sqlite')) {
  process.stderr.write(
    `parley: ${process.execPath} is a Node without SQLite, where Parley keeps messages; install the one of https://nodejs.org (in an editor, the setting parley.nodePath can name it).\n`,
  )
  process.exitCode = 1
} else {
  // Node 22 calls node:sqlite an experiment on stderr, which is for what a person must know. Other warnings stay.
  const { emitWarning } = process
  process.emitWarning = (warning, ...rest) => {
    if (rest[0] !== 'ExperimentalWarning') emitWarning.call(process, warning, ...rest)
  }
  // Published packages carry built JavaScript, a work tree its source.
  const built = new URL('../dist/main.js', import.meta.url)
  const { main } = await import(existsSync(built) ? built.href : new URL('../src/main.ts', import.meta.url).href)
  process.exitCode = await main(process.argv.slice(2))
}
