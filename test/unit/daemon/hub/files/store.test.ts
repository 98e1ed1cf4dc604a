import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { appendFile, chmod, mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { addData, addPath } from '../../../../../daemon/src/hub/files/adding.ts'
import { Part } from '../../../../../daemon/src/hub/files/part.ts'
import { FileStore } from '../../../../../daemon/src/hub/files/store.ts'
import { limits } from '../../../../../daemon/src/limits.ts'
import { ensureHome } from '../../../../../daemon/src/locations.ts'
import { hashOfChunk, hashOfFile } from '../../../../../daemon/src/protocol/files.ts'
import { rejection } from '../../../../support/errors.ts'
import { storeIn, storeOf } from '../../../../support/files.ts'
import { temporaryFolder } from '../../../../support/folder.ts'
import { png } from '../../../../support/images.ts'

describe('the store of files', () => {
  it('takes a file in under the hash of its chunks, for its owner alone', async () => {
    await using home = await storeOf()
    const bytes = randomBytes(limits.fileChunk * 2 + 7)
    const from = await home.write('Plan.pdf', bytes)
    const added = await addPath(home.store, from)
    const hashes = [0, 1, 2].map(chunk =>
      hashOfChunk(bytes.subarray(chunk * limits.fileChunk, (chunk + 1) * limits.fileChunk)),
    )
    const hash = hashOfFile(Buffer.concat(hashes))
    assert.deepEqual(added, { hash, name: 'Plan.pdf', size: bytes.length, type: 'application/pdf' })
    const stored = home.store.file(hash)
    assert.deepEqual(await readFile(stored.path), bytes)
    assert.equal((await stat(stored.path)).mode & 0o777, 0o400)
    assert.deepEqual(Buffer.from(await home.store.chunkHashes(hash)), Buffer.concat(hashes))
    assert.deepEqual(Buffer.from(await home.store.readChunk(hash, 2)), bytes.subarray(2 * limits.fileChunk))
    await rejection(home.store.readChunk(hash, 3), 'no-file')
  })

  it('keeps the same content once, by whatever name and way it comes', async () => {
    await using home = await storeOf()
    const image = png(30, 40)
    const one = await addPath(home.store, await home.write('one.png', image))
    const other = await addData(home.store, { name: '../other', type: 'text/plain', data: image.toString('base64') })
    assert.deepEqual(one, {
      hash: one.hash,
      name: 'one.png',
      size: image.length,
      type: 'image/png',
      width: 30,
      height: 40,
    })
    assert.deepEqual(other, { ...one, name: 'other' })
    assert.equal(home.store.files.size, 1)
    assert.equal((await readdir(home.store.places.files)).length, 2)
  })

  it('knows after a restart what is whole, and drops drafts', async () => {
    await using home = await storeOf()
    const empty = await addPath(home.store, await home.write('empty', Buffer.alloc(0)))
    await writeFile(home.store.places.fileDraft('ab12'), 'half')
    await writeFile(path.join(home.store.places.files, 'thumbs.db'), 'of somebody else')
    const again = await FileStore.open(home.store.places)
    assert.deepEqual([...again.files.keys()], [empty.hash])
    assert.deepEqual(
      (await readdir(again.places.files)).sort(),
      [empty.hash, `${empty.hash}.hashes`, 'thumbs.db'].sort(),
    )
  })

  it('makes lost hashes of chunks anew, and gives nothing that was altered', async () => {
    await using home = await storeOf()
    const added = await addPath(home.store, await home.write('a', randomBytes(limits.fileChunk + 1)))
    const hashes = await home.store.chunkHashes(added.hash)
    await writeFile(home.store.places.fileHashes(added.hash), 'nonsense')
    assert.deepEqual(await home.store.chunkHashes(added.hash), hashes)
    const { path: stored } = home.store.file(added.hash)
    await chmod(stored, 0o600)
    await truncate(stored, 5)
    await rejection(home.store.readChunk(added.hash, 1), 'no-file')
    assert.equal(home.store.files.size, 0)
  })

  it('refuses what is no file that can be read, in words', async () => {
    await using home = await storeOf()
    const folder = path.join(home.path, 'folder')
    await mkdir(folder)
    await rejection(addPath(home.store, 'a.txt'), 'usage')
    assert.match((await rejection(addPath(home.store, folder), 'no-file')).message, /is a folder/)
    assert.match((await rejection(addPath(home.store, path.join(folder, 'a')), 'no-file')).message, /does not exist/)
    assert.match((await rejection(addPath(home.store, '/dev/null'), 'no-file')).message, /is no file/)
    const large = await home.write('large', Buffer.alloc(0))
    await truncate(large, limits.fileSize + 1)
    assert.match((await rejection(addPath(home.store, large), 'no-file')).message, /at most 2 GB/)
    await rejection(addData(home.store, { name: 'a', data: 'no base64!' }), 'bad-message')
    const much = Buffer.alloc(limits.fileData + 1).toString('base64')
    await rejection(addData(home.store, { name: 'a', data: much }), 'bad-message')
    assert.deepEqual(await readdir(home.store.places.files), [])
  })

  it('refuses a file that changes while it is read', async () => {
    await using home = await storeOf()
    const from = await home.write('log', randomBytes(limits.fileChunk))
    for (const change of [() => appendFile(from, 'more'), () => writeFile(from, randomBytes(limits.fileChunk + 4))]) {
      home.asked = change
      await rejection(addPath(home.store, from), 'no-file')
    }
    assert.deepEqual(await readdir(home.store.places.files), [])
  })

  it('holds no chunk that is cut, whatever hash vouches for it', async () => {
    await using home = await storeOf()
    const [short, last] = [randomBytes(5), randomBytes(6)]
    const hashes = Buffer.concat([hashOfChunk(short), hashOfChunk(last)])
    const part = await Part.open(home.store, hashOfFile(hashes), hashes)
    assert.deepEqual([await part.write(0, short), await part.write(1, last), part.isWhole], [false, true, false])
    await part.close()
  })

  it('leaves room on the disk, and keeps within what a home may have', async () => {
    await using folder = await temporaryFolder()
    const source = path.join(folder.path, 'source')
    await writeFile(source, randomBytes(1000))
    let free = 1500
    const store = await FileStore.open(ensureHome(path.join(folder.path, 'home')), {
      free: async () => free,
      spare: 1000,
      most: 1800,
    })
    await rejection(addPath(store, source), 'no-space')
    free = 2000
    await addPath(store, source)
    await writeFile(source, randomBytes(1000))
    const { message } = await rejection(addPath(store, source), 'no-space')
    assert.match(message, /All files of this home/)
  })

  it('copies a file to a free place only', async () => {
    await using home = await storeOf()
    const added = await addPath(home.store, await home.write('a', Buffer.from('hello')))
    const to = path.join(home.path, 'b')
    await home.store.save(added.hash, to)
    assert.equal(await readFile(to, 'utf8'), 'hello')
    await writeFile(to, 'mine')
    assert.match((await rejection(home.store.save(added.hash, to), 'no-file')).message, /exists already/)
    assert.equal(await readFile(to, 'utf8'), 'mine')
    await home.store.remove(added.hash)
    await rejection(home.store.save(added.hash, path.join(home.path, 'c')), 'no-file')
    assert.deepEqual(await readdir((await storeIn(home.path)).places.files), [])
  })
})
