import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { callOf, findLocalCode } from '../../../scripts/demo/local-code.ts'
import { temporaryFolder } from '../../support/folder.ts'

describe('the VS Code of a screen', () => {
  /** A folder with a program of that name. */
  function program(folder: string, place: string, name = 'code'): string {
    const bin = join(folder, place)
    mkdirSync(bin, { recursive: true })
    writeFileSync(join(bin, name), '#!/bin/sh\n')
    chmodSync(join(bin, name), 0o755)
    return bin
  }

  it('is the first on the PATH, of any kind', async () => {
    await using folder = await temporaryFolder()
    const codium = program(folder.path, 'codium', 'codium')
    const code = program(folder.path, 'local')
    const env = { PATH: [folder.path, codium, code].join(delimiter), DISPLAY: ':0' }
    assert.equal(findLocalCode({ env, platform: 'linux' }), join(code, 'code'))
    assert.equal(findLocalCode({ env: { ...env, PATH: codium }, platform: 'linux' }), join(codium, 'codium'))
  })

  it('is none without a display, and none over SSH', async () => {
    await using folder = await temporaryFolder()
    const PATH = program(folder.path, 'local')
    assert.equal(findLocalCode({ env: { PATH }, platform: 'linux' }), undefined)
    assert.equal(
      findLocalCode({ env: { PATH, DISPLAY: ':0', SSH_CONNECTION: 'here there' }, platform: 'linux' }),
      undefined,
    )
    assert.equal(findLocalCode({ env: { PATH, SSH_TTY: '/dev/pts/1' }, platform: 'darwin' }), undefined)
    assert.ok(findLocalCode({ env: { PATH, WAYLAND_DISPLAY: 'wayland-0' }, platform: 'linux' }))
    assert.ok(findLocalCode({ env: { PATH }, platform: 'darwin' }))
  })

  it('is never a remote one', async () => {
    await using folder = await temporaryFolder()
    const PATH = program(folder.path, 'local')
    for (const name of ['VSCODE_IPC_HOOK_CLI', 'REMOTE_CONTAINERS', 'CODESPACES', 'WSL_DISTRO_NAME']) {
      assert.equal(findLocalCode({ env: { PATH, DISPLAY: ':0', [name]: '1' }, platform: 'linux' }), undefined, name)
    }
    const remote = program(folder.path, join('.vscode-server', 'bin', 'remote-cli'))
    const linked = join(folder.path, 'linked')
    mkdirSync(linked)
    symlinkSync(join(remote, 'code'), join(linked, 'code'))
    for (const place of [remote, linked]) {
      assert.equal(findLocalCode({ env: { PATH: place, DISPLAY: ':0' }, platform: 'linux' }), undefined, place)
    }
  })

  it('is called through the shell of Windows by its whole name, spaces and all', () => {
    const code = 'C:\\Program Files\\Microsoft VS Code\\bin\\code.cmd'
    const args = ['--user-data-dir', 'C:\\Users\\John Doe\\data']
    assert.deepEqual(callOf(code, args, 'win32'), [`"${code}"`, args.map(each => `"${each}"`), { shell: true }])
    assert.deepEqual(callOf('/opt/my code', args, 'linux'), ['/opt/my code', args, { shell: false }])
  })
})
