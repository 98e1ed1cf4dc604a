import assert from 'node:assert/strict'
import type { Answer, Choosing, OtherWay, Prompter, Question } from '../../extension/src/join/prompter.ts'

/** What a person does with one box: types and presses Enter, chooses by a label's beginning, goes back, or goes away. */
export type Act =
  | { readonly type: string }
  | { readonly choose: string }
  | { readonly press: string }
  | 'back'
  | 'cancel'
  | 'accept'

/** A person who answers boxes as a script says, and what they saw: a line per box, fault, hint and progress. */
export class ScriptedPerson implements Prompter {
  readonly seen: string[] = []
  readonly #acts: Act[]

  constructor(acts: readonly Act[]) {
    this.#acts = [...acts]
  }

  /** Asserts that nothing was left to do. */
  done(): void {
    assert.deepEqual(this.#acts, [], 'the flow ended before the person was done')
  }

  async ask(question: Question): Promise<Answer<string>> {
    const answer = await this.askOr<never>(question, [])
    assert.ok(answer.is !== 'other')
    return answer
  }

  async askOr<Other>(
    question: Question,
    others: readonly OtherWay<Other>[],
  ): Promise<Answer<string> | { readonly is: 'other'; readonly value: Other }> {
    const { step, steps, prompt, text, isSecret, problem } = question
    this.seen.push(`${step}/${steps} ${prompt}${text === '' ? '' : ` [${isSecret ? '***' : text}]`}`)
    if (problem !== undefined) this.seen.push(`! ${problem}`)
    if (question.takesAtOnce && (await this.#take(question, text))) return { is: 'next', value: text }
    let typed = text
    for (;;) {
      const act = this.#next(prompt)
      if (act === 'cancel') return { is: 'cancel' }
      if (act === 'back') {
        assert.ok(question.canGoBack, `there is no way back from: ${prompt}`)
        return { is: 'back', text: typed }
      }
      if (typeof act === 'object' && 'press' in act) {
        const way = others.find(({ label }) => label === act.press)
        assert.ok(way, `no button "${act.press}" at: ${prompt}`)
        return { is: 'other', value: way.value }
      }
      assert.ok(act === 'accept' || 'type' in act, `this box takes typing: ${prompt}`)
      if (act !== 'accept') typed = act.type
      if (await this.#take(question, typed)) return { is: 'next', value: typed }
    }
  }

  async choose<Value>(question: Choosing<Value>): Promise<Answer<Value>> {
    this.seen.push(`${question.step}/${question.steps} ${question.placeholder}`)
    const act = this.#next(question.placeholder)
    if (act === 'cancel') return { is: 'cancel' }
    if (act === 'back') return { is: 'back', text: '' }
    assert.ok(typeof act === 'object' && 'choose' in act, `this box takes a choice: ${question.placeholder}`)
    const chosen = question.choices.find(({ label }) => label.startsWith(act.choose))
    assert.ok(chosen, `no "${act.choose}" among ${question.choices.map(({ label }) => label)}`)
    return { is: 'next', value: chosen.value }
  }

  async open(address: string): Promise<boolean> {
    this.seen.push(`→ ${address}`)
    return true
  }

  during<Result>(title: string, run: () => Promise<Result>): Promise<Result> {
    this.seen.push(`… ${title}`)
    return run()
  }

  async #take(question: Question, text: string): Promise<boolean> {
    const remark = question.look?.(text)
    if (remark) this.seen.push(`${remark.is === 'fault' ? '!' : '-'} ${remark.words}`)
    if (remark?.is === 'fault') return false
    try {
      await question.take?.(text, new AbortController().signal)
      return true
    } catch (error) {
      this.seen.push(`! ${error instanceof Error ? error.message : error}`)
      return false
    }
  }

  #next(question: string): Act {
    const act = this.#acts.shift()
    assert.ok(act, `nobody says what to do with: ${question}`)
    return act
  }
}
