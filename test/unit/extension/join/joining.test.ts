import assert from 'node:assert/strict'
import { ParleyError } from '../../../../daemon/src/errors.ts'
import { formatParleyLink } from '../../../../daemon/src/protocol/addresses.ts'
import type { AccountInfo, ControlRequests, ProbeInfo, PromptInfo } from '../../../../daemon/src/protocol/control.ts'
import { registryId } from '../../../../daemon/src/protocol/ids.ts'
import { Emitter } from '../../../../extension/src/event.ts'
import { type JoinOptions, join } from '../../../../extension/src/join/joining.ts'
import { type Act, ScriptedPerson } from '../../../support/prompts.ts'

const registry = registryId(new Uint8Array(32).fill(7))
const place = { host: 'chat.example.com', port: 3131, registry }
const address = formatParleyLink(place)
const invite = formatParleyLink({ ...place, code: new Uint8Array(16).fill(9) })
const otherInvite = formatParleyLink({
  ...place,
  registry: registryId(new Uint8Array(32).fill(8)),
  code: new Uint8Array(16).fill(9),
})
const password = 'correct horse battery'

const account: AccountInfo = {
  registry,
  team: 'Acme',
  address,
  user: 'u'.repeat(26),
  name: 'alice',
  displayName: 'Alice',
  state: 'online',
  availability: 'available',
  status: 'online',
}

const acme: Extract<ProbeInfo, { is: 'registry' }> = {
  is: 'registry',
  registry,
  team: 'Acme',
  link: address,
  address,
  signUp: 'open',
  hasCode: false,
  isPinned: true,
}

type Answers = {
  [Method in 'probe' | 'signUp' | 'signIn' | 'resetPassword']?: (
    params: ControlRequests[Method][0],
    ask: Ask,
  ) => unknown
}

/** Asks the person what a team asks by itself. Undefined: they gave up. */
type Ask = (asked: Pick<PromptInfo, 'kind' | 'text'>) => Promise<string | undefined>

/** Joins as a person whose acts are scripted, at a hub that answers as told. */
async function joining(acts: readonly Act[], answers: Answers, options: Partial<JoinOptions> = {}) {
  const person = new ScriptedPerson(acts)
  const asked: [string, unknown][] = []
  const prompts = new Emitter<PromptInfo>()
  const open = new Map<string, (answer: string | undefined) => void>()
  /** Asks the person, as a hub does for a team. */
  const ask: Ask = more => {
    const prompt = `p${open.size}`
    const { promise, resolve } = Promise.withResolvers<string | undefined>()
    open.set(prompt, resolve)
    prompts.fire({ team: 'Acme', ...more, prompt })
    return promise
  }
  const request = async (method: keyof Answers | 'answerPrompt', params: never) => {
    if (method === 'answerPrompt') {
      const { prompt, answer }: ControlRequests['answerPrompt'][0] = params
      open.get(prompt)?.(answer)
      return {}
    }
    asked.push([method, params])
    const answer = await answers[method]?.(params, ask)
    if (answer === undefined) throw new ParleyError('internal', `nobody answers ${method}`)
    return answer
  }
  const hub = {
    state: { is: 'up' },
    onState: () => ({ dispose() {} }),
    onPrompt: prompts.event,
    request,
  } as unknown as JoinOptions['hub']
  const result = await join({
    hub,
    prompter: person,
    account: () => undefined,
    place: '',
    name: '',
    seeks: 'team',
    ...options,
  })
  person.done()
  return { result, asked, seen: person.seen }
}

const again: Act[] = [{ type: password }, { type: password }]

describe('joining a team', () => {
  it('takes an invite, a name and a password in three steps', async () => {
    const { result, asked, seen } = await joining(
      [{ type: `Join us!\n${invite}` }, { type: 'Alice Smith' }, ...again],
      {
        probe: () => ({ ...acme, link: invite, signUp: 'invite', hasCode: true }),
        signUp: () => account,
      },
    )
    assert.deepEqual(result, { is: 'joined', account })
    assert.deepEqual(asked, [
      ['probe', { text: `Join us!\n${invite}` }],
      ['signUp', { registry: invite, name: 'alice.smith', displayName: 'Alice Smith', password }],
    ])
    assert.deepEqual(
      seen.map(line => line.split(' ')[0]),
      ['1/3', '-', '2/3', '-', '3/3', '3/3', '…'],
    )
    assert.ok(seen.includes('- Your user name: alice.smith'))
  })

  it('asks whether it is the right team when nothing that was typed names its key', async () => {
    const { result, seen } = await joining(
      [
        { type: 'chat.example.com' },
        { choose: 'No' },
        'accept',
        { choose: 'Yes, join Acme' },
        { type: 'alice' },
        ...again,
      ],
      { probe: () => ({ ...acme, isPinned: false }), signUp: () => account },
    )
    assert.equal(result.is, 'joined')
    assert.ok(seen.includes('1/3 Acme answers at chat.example.com:3131. Is this the team that you mean?'))
    assert.ok(
      seen.includes('1/3 Paste the invite that you were given, a link to the team, or its address [chat.example.com]'),
    )
  })

  it('asks for the invite of a team that wants one; an invite that names the key settles that too', async () => {
    const { asked, seen } = await joining(
      [
        { type: 'chat.example.com' },
        { type: 'please' },
        { type: otherInvite },
        { type: invite },
        { type: 'alice' },
        ...again,
      ],
      { probe: () => ({ ...acme, signUp: 'invite', isPinned: false }), signUp: () => account },
    )
    assert.ok(seen.includes('! This invite is for another team than Acme.'))
    assert.ok(seen.some(line => line.startsWith('! This is no invite')))
    assert.equal(
      seen.some(line => line.includes('Is this the team')),
      false,
    )
    assert.deepEqual(asked.at(-1), [
      'signUp',
      { registry: address, name: 'alice', displayName: 'alice', password, invite },
    ])
  })

  it('shows what is wrong in the box, where what was typed stays', async () => {
    let tries = 0
    const { seen } = await joining(
      ['accept', 'accept', 'cancel'],
      {
        probe: () => {
          if (tries++ === 0) throw new ParleyError('unreachable', 'Nothing listens at localhost:3131.')
          return { ...acme, signUp: 'closed' }
        },
      },
      { place: 'localhost' },
    )
    assert.deepEqual(seen.slice(1), [
      '! Nothing listens at localhost:3131.',
      '2/3 Acme takes no new people. Your user name in Acme. You then approve this computer on another one of yours.',
    ])
  })

  it('keeps what was typed when somebody goes back', async () => {
    const { result, seen } = await joining(
      [
        { type: invite },
        { type: 'Alice' },
        'back',
        'back',
        'accept',
        'accept',
        { type: 'short' },
        { type: password },
        { type: 'another one' },
        'cancel',
      ],
      { probe: () => ({ ...acme, hasCode: true }) },
    )
    assert.deepEqual(result, { is: 'cancelled' })
    assert.ok(seen.includes(`1/3 Paste the invite that you were given, a link to the team, or its address [${invite}]`))
    assert.ok(
      seen.includes(
        '2/3 Your name, as people in Acme see it. If you have an account there, press the button above. [Alice]',
      ),
    )
    assert.ok(seen.some(line => line.startsWith('! A password needs at least 6 characters')))
    assert.ok(seen.includes('! This is not the same password.'))
  })

  it('lets somebody choose another name when theirs is taken, without the password again', async () => {
    let tries = 0
    const { result, asked, seen } = await joining(
      [{ type: invite }, { type: 'alice' }, ...again, { choose: 'Choose another name' }, { type: 'alice2' }, 'accept'],
      {
        probe: () => ({ ...acme, hasCode: true }),
        signUp: () => {
          if (tries++ === 0) throw new ParleyError('name-taken', 'The name "alice" is taken. Choose another.')
          return account
        },
      },
    )
    assert.equal(result.is, 'joined')
    assert.ok(seen.includes('! The name "alice" is taken. Choose another.'))
    assert.deepEqual(asked.at(-1)?.[1], { registry: address, name: 'alice2', displayName: 'alice2', password })
  })

  it('signs in who is the one with that name', async () => {
    let tries = 0
    const { result, asked, seen } = await joining(
      [{ type: invite }, { type: 'alice' }, ...again, { choose: 'That is me' }, { type: 'wrong' }, { type: password }],
      {
        probe: () => ({ ...acme, link: invite, hasCode: true }),
        signUp: () => {
          throw new ParleyError('name-taken', 'The name "alice" is taken. Choose another.')
        },
        signIn: () => {
          if (tries++ === 0) throw new ParleyError('wrong-credentials', 'The name or the password is wrong.')
          return account
        },
      },
    )
    assert.equal(result.is, 'joined')
    assert.ok(seen.includes('! This is not the password of alice. Try again.'))
    assert.deepEqual(asked.at(-1), ['signIn', { registry: invite, name: 'alice', password }])
  })

  it('says of a link that is in the clipboard where it comes from', async () => {
    const { seen } = await joining(['cancel'], {}, { place: invite, isFromClipboard: true })
    assert.match(seen[0] ?? '', /press Enter to take this one from your clipboard/)
  })

  it('goes back to where a refusal can be mended', async () => {
    const refusals = [
      new ParleyError('bad-invite', 'This invite has expired.'),
      new ParleyError('unreachable', 'There is no way to it.'),
    ]
    const { result, seen } = await joining(
      [{ type: invite }, { type: 'alice' }, ...again, 'accept', 'accept', 'accept', 'accept'],
      {
        probe: () => ({ ...acme, hasCode: true }),
        signUp: () => {
          const refusal = refusals.shift()
          if (refusal) throw refusal
          return account
        },
      },
    )
    assert.equal(result.is, 'joined')
    const at = (words: string) => seen[seen.indexOf(words) - 1]?.slice(0, 3)
    assert.equal(at('! This invite has expired.'), '1/3')
    assert.equal(at('! There is no way to it.'), '3/3')
  })

  it('signs in by the device’s key when the account was made before and the answer was lost', async () => {
    const { result, asked } = await joining([{ type: invite }, { type: 'alice' }, ...again], {
      probe: () => ({ ...acme, hasCode: true }),
      signUp: () => {
        throw new ParleyError('already-signed-up', 'This device already has the account "alice" here.')
      },
      signIn: () => account,
    })
    assert.equal(result.is, 'joined')
    assert.deepEqual(asked.at(-1), ['signIn', { registry: address }])
  })

  it('asks for a user name of its own where a name gives none', async () => {
    const { asked, seen } = await joining(
      [{ type: invite }, { type: 'Алиса' }, { type: 'al' }, { type: 'alisa' }, ...again],
      { probe: () => ({ ...acme, hasCode: true }), signUp: () => account },
    )
    assert.ok(seen.some(line => line.startsWith('! "al" cannot be a user name')))
    assert.deepEqual(asked.at(-1)?.[1], { registry: address, name: 'alisa', displayName: 'Алиса', password })
  })

  it('takes in who has an account there from another computer, by name and password', async () => {
    const pending = { ...account, state: 'pending' as const }
    const { result, asked, seen } = await joining(
      [
        { type: invite },
        { press: 'I Have an Account' },
        'back',
        { press: 'I Have an Account' },
        { type: 'Alice' },
        { type: password },
      ],
      { probe: () => ({ ...acme, link: invite, hasCode: true }), signIn: () => pending },
    )
    assert.deepEqual(result, { is: 'joined', account: pending })
    assert.deepEqual(asked.at(-1), ['signIn', { registry: invite, name: 'alice', password }])
    assert.ok(seen.includes('2/3 Your user name in Acme. You then approve this computer on another one of yours.'))
  })

  it('needs no invite of them, and takes them in where nobody else is', async () => {
    const signs = { signIn: () => account }
    const known: Act[] = [{ type: 'alice' }, { type: password }]
    const invited = await joining([{ type: 'chat.example.com' }, { press: 'I Have an Account' }, ...known], {
      probe: () => ({ ...acme, signUp: 'invite' }),
      ...signs,
    })
    assert.equal(invited.result.is, 'joined')
    const closed = await joining([{ type: 'chat.example.com' }, ...known], {
      probe: () => ({ ...acme, signUp: 'closed' }),
      ...signs,
    })
    assert.equal(closed.result.is, 'joined')
  })

  it('asks them again for the name that nobody has there', async () => {
    let tries = 0
    const { seen } = await joining(
      [
        { type: invite },
        { press: 'I Have an Account' },
        { type: 'alcie' },
        { type: password },
        { type: 'alice' },
        'accept',
      ],
      {
        probe: () => ({ ...acme, hasCode: true }),
        signIn: () => {
          if (tries++ === 0) throw new ParleyError('unknown-user', 'Nobody is called alcie.')
          return account
        },
      },
    )
    assert.ok(seen.includes('! Nobody is called alcie.'))
  })

  it('sets a new password with the code of an admin', async () => {
    let tries = 0
    const { result, asked, seen } = await joining(
      [
        { type: invite },
        { press: 'I Have an Account' },
        { type: 'alice' },
        { press: 'I Have a Reset Code' },
        { type: 'mistyped' },
        ...again,
        { type: 'code-1234' },
        ...again,
      ],
      {
        probe: () => ({ ...acme, link: invite, hasCode: true }),
        resetPassword: () => {
          if (tries++ === 0) throw new ParleyError('wrong-credentials', 'Wrong.')
          return account
        },
      },
    )
    assert.equal(result.is, 'joined')
    assert.ok(seen.includes('! This is no code for alice that still works.'))
    const reset = { registry: invite, name: 'alice', code: 'code-1234', newPassword: password }
    assert.deepEqual(asked.at(-1), ['resetPassword', reset])
  })

  it('tries a link that was asked for at once, and shows it', async () => {
    const { seen } = await joining(
      ['cancel'],
      { probe: () => ({ ...acme, hasCode: true }) },
      {
        place: invite,
        takesAtOnce: true,
        name: 'alice',
      },
    )
    assert.ok(
      seen.includes(
        '2/3 Your name, as people in Acme see it. If you have an account there, press the button above. [alice]',
      ),
    )
  })

  it('takes nobody in who has an account here', async () => {
    const { seen } = await joining([{ type: invite }, 'cancel'], { probe: () => acme }, { account: () => account })
    assert.ok(seen.includes('! You are in Acme already, as alice.'))
  })

  it('wants a team, unless somebody’s own Parley will do', async () => {
    const peer = { is: 'peer' as const, device: 'd'.repeat(52) }
    const { seen } = await joining([{ type: 'somewhere' }, 'cancel'], { probe: () => peer })
    assert.ok(seen.some(line => line.startsWith('! Somebody’s own Parley answers there')))
    const found = await joining([{ type: 'somewhere' }], { probe: () => peer }, { seeks: 'chat' })
    assert.deepEqual(found.result, { is: 'peer', place: 'somewhere', peer })
  })
})

describe('joining a team that asks by itself', () => {
  const asking: typeof acme = { ...acme, signsInBy: ['prompts'] }
  const wrong = new ParleyError('wrong-credentials', 'The name or the password is wrong. Check both and try again.')

  it('asks for no password of its own, and shows what the team asks as it wants it shown', async () => {
    const { result, asked, seen } = await joining(
      [{ type: address }, { type: 'Alice' }, { type: 'sesame' }, { choose: 'Open the page' }, { type: '' }],
      {
        probe: () => asking,
        signUp: async (_params, ask) => {
          assert.equal(await ask({ kind: 'secret', text: 'Password of alice' }), 'sesame')
          assert.equal(await ask({ kind: 'link', text: 'https://id.example/device' }), '')
          return account
        },
      },
    )
    assert.equal(result.is, 'joined')
    const wish = { registry: address, name: 'alice', displayName: 'Alice', by: 'prompts', prompts: true }
    assert.deepEqual(asked.at(-1), ['signUp', wish])
    assert.deepEqual(seen.slice(-5), [
      '… Joining Acme…',
      '1/1 Acme asks, and sees what you type: Password of alice',
      '1/1 Acme asks you to sign in on a page of id.example',
      '→ https://id.example/device',
      '1/1 Press Enter when you are done there. If the page shows a code, type it first',
    ])
  })

  it('lets the person who was wrong begin again with their name, and go away at any question', async () => {
    const { result, seen } = await joining(
      [{ type: address }, { type: 'Alice' }, { type: 'barley' }, 'accept', 'cancel'],
      {
        probe: () => asking,
        signUp: async (_params, ask) => {
          const answer = await ask({ kind: 'text', text: 'Which word?' })
          throw answer === undefined ? new ParleyError('closed', 'The sign-in was given up.') : wrong
        },
      },
    )
    assert.equal(result.is, 'cancelled')
    assert.ok(seen.includes(`! ${wrong.message}`))
  })

  it('opens no page unless the person says so', async () => {
    const { result, seen } = await joining([{ type: address }, { type: 'Alice' }, { choose: 'Do not' }], {
      probe: () => asking,
      signUp: async (_params, ask) => {
        assert.equal(await ask({ kind: 'link', text: 'https://id.example/device' }), undefined)
        throw new ParleyError('closed', 'The sign-in was given up.')
      },
    })
    assert.equal(result.is, 'cancelled')
    assert.ok(!seen.some(line => line.startsWith('→')))
  })

  it('signs in who has an account there already', async () => {
    const { result, asked } = await joining(
      [{ type: address }, { type: 'Alice' }, { choose: 'That is me' }, { type: 'sesame' }],
      {
        probe: () => asking,
        signUp: () => Promise.reject(new ParleyError('name-taken', 'Taken.')),
        signIn: async (_params, ask) =>
          (await ask({ kind: 'secret', text: 'Password' })) === 'sesame' ? account : undefined,
      },
    )
    assert.equal(result.is, 'joined')
    assert.deepEqual(asked.at(-1), ['signIn', { registry: address, name: 'alice', by: 'prompts', prompts: true }])
  })

  it('lets people choose where the team takes passwords as well', async () => {
    const both: typeof acme = { ...acme, signsInBy: ['password', 'prompts'] }
    const own = [
      { type: address },
      { choose: 'With a password' },
      { type: 'Alice' },
      { type: password },
      { type: password },
    ]
    const first = await joining(own, { probe: () => both, signUp: () => account })
    assert.deepEqual(first.asked.at(-1), [
      'signUp',
      { registry: address, name: 'alice', displayName: 'Alice', password },
    ])
    const asked = await joining([{ type: address }, { choose: 'As Acme asks' }, { type: 'Alice' }], {
      probe: () => both,
      signUp: () => account,
    })
    assert.equal(asked.result.is, 'joined')
  })
})
