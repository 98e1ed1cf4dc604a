import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { cli } from '../../support/terminal.ts'

const root = path.join(import.meta.dirname, '..', '..', '..')
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')

describe('what is written for operators', () => {
  for (const file of ['docs/run-a-registry.md', 'deploy/parley-registry.service', 'deploy/parley-backup.service']) {
    it(`${file} names only commands and options that exist`, async () => {
      const commands = new Set(commandsIn(read(file)))
      assert.ok(commands.size > 0)
      for (const command of commands) await checkCommand(command)
    })
  }

  it('the guide speaks of every command for a registry', () => {
    const guide = read('docs/run-a-registry.md')
    for (const name of ['backup', 'restore', 'check', 'reload', 'announce']) {
      assert.match(guide, new RegExp(`parley registry ${name}\\b`))
    }
  })

  it('the guide names only metrics that there are', async () => {
    const named = new Set([...read('docs/run-a-registry.md').matchAll(/`(parley_[a-z_]+)`/g)].map(([, name]) => name))
    const sources = ['measures', 'keeping'].map(name => read(`daemon/src/registry/${name}.ts`)).join('')
    assert.deepEqual(
      [...named].filter(name => !sources.includes(`'${String(name).replace(/_total$/, '')}'`)),
      [],
    )
  })

  it('systemd takes the units', function () {
    const units = ['parley-registry.service', 'parley-backup.service', 'parley-backup.timer']
    const files = units.map(unit => path.join(root, 'deploy', unit))
    const { error, status, stderr } = spawnSync('systemd-analyze', ['verify', ...files], { encoding: 'utf8' })
    if (error) this.skip()
    assert.equal(stderr.replace(/^.*Failed to (open|connect).*$/gm, '').trim(), '')
    assert.equal(status, 0)
  })

  it('the image has what the build makes, a user without rights, and a check of its health', () => {
    const lines = read('deploy/Containerfile').split('\n')
    const value = (word: string) =>
      lines.filter(line => line.startsWith(`${word} `)).map(line => line.slice(word.length + 1))
    assert.deepEqual(value('FROM'), [['$', '{BASE}'].join('')])
    assert.deepEqual(value('COPY'), ['dist/daemon /opt/parley'])
    assert.deepEqual(value('USER'), ['node'])
    assert.deepEqual(value('VOLUME'), ['/var/lib/parley'])
    assert.deepEqual(value('EXPOSE'), ['3131/tcp 5151/udp'])
    assert.match(value('HEALTHCHECK').join(), /CMD \["parley", "status"\]$/)
    // After that all runs as this user.
    assert.ok(lines.indexOf('USER node') < lines.indexOf('ENTRYPOINT ["parley"]'))
  })
})

/** Commands of the program in a text: `parley …` at the start of a line, behind sudo, or between back ticks. */
function commandsIn(text: string): string[] {
  const found = [
    ...text.matchAll(/^(?:sudo -u parley )?(parley .*)$/gm),
    ...text.matchAll(/`(?:podman exec NAME )?(parley [^`]+)`/g),
    ...text.matchAll(/(?:env|exec) (parley .*?)'?$/gm),
  ]
  return found.map(([, command = '']) => command)
}

/** Asks the command for its help, which names it whole and has every option of the line. */
async function checkCommand(command: string): Promise<void> {
  const words = command.split(/\s+/).slice(1)
  const isWord = (word: string) => /^[a-z][a-z-]*$/.test(word)
  const end = words.findIndex(word => !isWord(word))
  let names = end < 0 ? words : words.slice(0, end)
  if (names.length === 0) return
  // What follows the command is what it is about: a name, a role.
  for (;;) {
    const { out } = await cli([...names, '--help'])
    const [, usage = ''] = /^Usage: parley ((?:[a-z-]+ ?)*)/.exec(out) ?? []
    if (usage.trim() === names.join(' ')) {
      const options = words.filter(word => word.startsWith('--'))
      for (const option of options) assert.ok(out.includes(option), `${command}: ${option} is not in the help`)
      return
    }
    names = names.slice(0, -1)
    assert.ok(names.length > 0, `${command}: there is no such command`)
  }
}
