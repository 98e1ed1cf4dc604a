import assert from 'node:assert/strict'
import { type ReportFacts, reportOf } from '../../../../extension/src/service/report.ts'
import { someAccount } from '../../../support/hub-client.ts'

const account = someAccount({ name: 'alice', displayName: 'Alice', team: 'Acme', address: 'chat.acme.dev:3131' })
const facts: ReportFacts = {
  version: '0.1.0',
  editor: { name: 'Visual Studio Code', version: '1.106.0', ui: 'desktop', remote: 'ssh-remote' },
  platform: 'linux x64 6.1',
  runtime: 'Electron 37.0.0, Node 22.20.0',
  language: 'de',
  activation: { loading: 12.34, activating: 5 },
  state: { is: 'up' },
  status: {
    version: '0.1.0',
    pid: 4711,
    home: '/home/alice/.local/share/parley',
    roles: ['hub', 'registry'],
    startedAt: 1_000_000,
    hub: {
      device: 'abcdefgh',
      listen: ['10.0.0.7:5858'],
      accounts: [account],
      links: 2,
      relayed: 0,
      isDirect: true,
      queued: 3,
      warnings: ['The port 5858 is taken by bob.'],
    },
  },
  checks: [
    { about: 'clock', state: 'ok', words: 'It agrees with chat.acme.dev.' },
    { about: 'listen', state: 'failed', words: 'Nobody reaches 10.0.0.7.', advice: 'Ask alice.' },
  ],
  accounts: [account],
  counts: { chats: 5, unread: 2, queued: 3, people: 12 },
  home: '/home/alice/.local/share/parley',
  nodePath: '',
  userFolder: '/home/alice',
  now: 1_000_000 + 7 * 60_000,
}

describe('the diagnostic report', () => {
  it('says versions, states and counts', () => {
    assert.equal(
      reportOf(facts),
      [
        'Parley: 0.1.0',
        'Editor: Visual Studio Code 1.106.0, desktop, ssh-remote',
        'System: linux x64 6.1',
        'Runtime: Electron 37.0.0, Node 22.20.0',
        'Language: de',
        'Activated in: 5.0 ms, and 12.3 ms to load the code',
        'Background service: running',
        'Its version: 0.1.0',
        'Its roles: hub, registry',
        'Running for: 7 min',
        'Ports: 1',
        'Links: 2',
        'Of these relayed: 0',
        'Direct connections: allowed',
        'Warnings: 1',
        'Checks: clock ok, listen failed',
        'Team: online',
        'Chats: 5',
        'Unread: 2',
        'Waiting to be delivered: 3',
        'People listed: 12',
        'Home: ~/.local/share/parley',
        '',
      ].join('\n'),
    )
  })

  it('names nobody, whatever has failed', () => {
    const { status: _, checks: __, ...without } = facts
    const report = reportOf({
      ...without,
      accounts: undefined,
      state: { is: 'failed', code: 'home', why: 'The home /home/alice/x belongs to alice.' },
      nodePath: '/home/alice/bin/node',
    })
    for (const text of [report, reportOf(facts)]) assert.doesNotMatch(text, /alice|acme|10\.0\.0\.7|abcdefgh|bob/i)
    assert.match(report, /Background service: failed \(home\)\nTeam: not known\n/)
    assert.match(report, /parley\.nodePath: ~\/bin\/node\n/)
  })

  it('shortens the person’s own folder and no other', () => {
    const home = (path: string) => /Home: (.*)/.exec(reportOf({ ...facts, home: path }))?.[1]
    assert.equal(home('/home/alice'), '~')
    assert.equal(home('/home/alice2/parley'), '/home/alice2/parley')
    assert.equal(home('/srv/parley'), '/srv/parley')
    assert.equal(
      /Home: (.*)/.exec(reportOf({ ...facts, home: 'C:\\Users\\alice\\Parley', userFolder: 'C:\\Users\\alice' }))?.[1],
      '~\\Parley',
    )
  })
})
