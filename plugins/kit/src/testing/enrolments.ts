import assert from 'node:assert/strict'
import { type AuthSubject, allows, credentialOf, denies, judge, refuses, run, signIn } from './auth-subject.ts'

/** What a mechanism that keeps something of people does with it. */
export function enrolmentTests(test: (title: string, body: (subject: AuthSubject) => Promise<void>) => void): void {
  test('enrols anew, for a change and for a reset, and what was before holds no longer', async subject => {
    for (const purpose of ['change', 'reset'] as const) {
      const before = await credentialOf(subject)
      const { verdict } = await run(subject, subject.wrong, {
        how: 'enrol',
        purpose,
        ...(purpose === 'change' && before && { credential: before }),
      })
      assert.ok(verdict?.is === 'allow' && verdict.credential, `no new credential for a ${purpose}`)
      allows(await signIn(subject, subject.wrong, verdict.credential), purpose)
      denies(await signIn(subject, subject.right, verdict.credential), `the old one holds after a ${purpose}`)
      allows(await signIn(subject, subject.right, before), 'a new credential changed the old one')
    }
  })

  test('gives bytes of their own as credentials', async subject => {
    const first = await credentialOf(subject)
    assert.ok(first && first.length > 0, 'nothing is kept of who has enrolled')
    const kept = new Uint8Array(first)
    const second = await credentialOf(subject)
    assert.ok(Buffer.from(kept).equals(first), 'the next enrolment has changed the credential of the one before')
    first.fill(0)
    allows(await signIn(subject, subject.right, kept))
    allows(await signIn(subject, subject.right, second))
  })

  test('keeps nothing of an answer in a credential that says it', async subject => {
    const credential = (await credentialOf(subject)) ?? new Uint8Array()
    assert.ok(!Buffer.from(credential).includes(subject.right), 'the credential has the secret in the clear')
  })

  test('refuses credentials that it has not made', async subject => {
    const { name, right } = subject
    for (const credential of [new Uint8Array(0), new Uint8Array(64), new Uint8Array(1024).fill(0xff)]) {
      refuses(await signIn(subject, right, credential))
    }
    const made = (await credentialOf(subject)) ?? new Uint8Array()
    refuses(await signIn(subject, right, made.slice(0, -1)), 'a cut credential is taken')
    refuses(await judge(subject, 'enrol', [], { name, purpose: 'sign-up' }), 'who goes away has enrolled')
  })
}
