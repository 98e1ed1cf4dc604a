import assert from 'node:assert/strict'
import { candidatesOf, endsIn, globOf, readPlacePath } from '../../../../extension/src/chat/place-path.ts'

const segmentsOf = (path: string) => readPlacePath(path)?.segments.join('/')
const one = [{ name: 'shop', path: '/home/al/shop' }]
const two = [...one, { name: 'web', path: '/c:/work/web' }]

function found(path: string, folders: typeof one): readonly string[] {
  const read = readPlacePath(path)
  assert.ok(read)
  return candidatesOf(read, folders).map(({ folder, segments }) => `${folder}:${segments.join('/')}`)
}

describe('a path in a message', () => {
  it('is read with the separators of any system', () => {
    assert.equal(segmentsOf('src/net/dialer.ts'), 'src/net/dialer.ts')
    assert.equal(segmentsOf('.\\src\\net//dialer.ts '), 'src/net/dialer.ts')
    assert.equal(segmentsOf('My Files/a b.ts'), 'My Files/a b.ts')
  })

  const refused = ['', ' ', '.', '/', '..', '../secret', 'src/../../secret', 'src\\..\\..\\secret', '//host/share/x']
  const foreign = ['\\\\host\\share\\x', 'file:///etc/passwd', 'command:quit', 'a.txt:stream', 'C:', 'a\0b', 'a\nb']
  for (const path of [...refused, ...foreign]) {
    it(`is none when it is ${JSON.stringify(path)}`, () => assert.equal(readPlacePath(path), undefined))
  }
})

describe('the files that a path may mean', () => {
  it('are beneath each folder', () => {
    assert.deepEqual(found('src/a.ts', one), ['0:src/a.ts'])
    assert.deepEqual(found('src/a.ts', two), ['0:src/a.ts', '1:src/a.ts'])
  })

  it('are found when the folder is named in front', () => {
    assert.deepEqual(found('web/src/a.ts', two), ['1:src/a.ts', '0:web/src/a.ts', '1:web/src/a.ts'])
    assert.deepEqual(found('shop/a.ts', one), ['0:shop/a.ts', '0:a.ts'])
    assert.deepEqual(found('shop', one), ['0:shop'])
  })

  it('are inside a folder when the path is absolute', () => {
    assert.deepEqual(found('/home/al/shop/src/a.ts', two), ['0:src/a.ts'])
    assert.deepEqual(found('C:\\work\\web\\a.ts', two), ['1:a.ts'])
    assert.deepEqual(found('/home/al/shopping/a.ts', two), [])
    assert.deepEqual(found('/home/al/shop', two), [])
    assert.deepEqual(found('/etc/passwd', two), [])
  })

  it('are searched for with a glob that a name cannot bend', () => {
    assert.equal(globOf(['src', 'a.ts']), '**/src/a.ts')
    assert.equal(globOf(['{a,**}', '[x]!.ts']), '**/?a????/?x??.ts')
    assert.ok(endsIn('/w/src/a.ts', ['src', 'a.ts']))
    assert.ok(!endsIn('/w/mysrc/a.ts', ['src', 'a.ts']))
  })
})
