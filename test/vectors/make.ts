/**
 * Writes the golden vectors anew: `node test/vectors/make.ts`. Only for a format that is new: the files are what other
 * programs are written against, so a change in them is a change of the protocol. classic.json is kept by hand.
 */
import { writeFileSync } from 'node:fs'
import { makeMailVectors } from '../support/mail-vectors.ts'
import { makeVectors } from '../support/vectors.ts'

for (const [file, content] of Object.entries({ ...makeVectors(), 'mailbox.json': await makeMailVectors() })) {
  writeFileSync(new URL(file, import.meta.url), `${JSON.stringify(content, undefined, 2)}\n`)
}
