import {
  env,
  type InputBox,
  ProgressLocation,
  type QuickInput,
  type QuickInputButton,
  QuickInputButtons,
  type QuickPickItem,
  ThemeIcon,
  Uri,
  window,
} from 'vscode'
import { limits } from '../limits.ts'
import { plainLine } from '../shared/harmless.ts'
import { wordsOf } from './faults.ts'
import type { Answer, Choosing, OtherWay, Place, Prompter, Question, Remark } from './prompter.ts'

/** Asks in VS Code's own boxes. To be disposed when the flow is over: the last box stays until then. */
export class Boxes implements Prompter {
  #shown: QuickInput | undefined

  async ask(question: Question): Promise<Answer<string>> {
    const answer = await this.askOr<never>(question, [])
    return answer.is === 'other' ? { is: 'cancel' } : answer
  }

  async askOr<Other>(question: Question, others: readonly OtherWay<Other>[]): Promise<Answered<string, Other>> {
    const box = window.createInputBox()
    box.value = question.text
    box.placeholder = question.placeholder
    box.password = question.isSecret ?? false
    // A hint stands beside the question, a fault in its place.
    const tell = (remark: Remark | undefined) => {
      box.validationMessage = remark?.is === 'fault' ? plain(remark.words) : undefined
      box.prompt = plain(remark?.is === 'hint' ? `${question.prompt} — ${remark.words}` : question.prompt)
    }
    tell(question.problem === undefined ? remarkOn(question, question.text) : fault(question.problem))
    const { ended, end } = this.#show<string, Other>(box, question, () => box.value, others)
    let attempt: AbortController | undefined
    const giveUp = () => {
      attempt?.abort()
      attempt = undefined
      box.busy = false
    }
    box.onDidChangeValue(text => {
      giveUp()
      tell(remarkOn(question, text))
    })
    const accept = async () => {
      if (attempt) return
      const { value } = box
      const remark = question.look?.(value)
      tell(remark)
      if (remark?.is === 'fault') return
      const mine = new AbortController()
      attempt = mine
      box.busy = true
      try {
        await question.take?.(value, mine.signal)
        if (attempt === mine) end({ is: 'next', value })
      } catch (error) {
        if (attempt !== mine) return
        giveUp()
        tell(fault(wordsOf(error)))
      }
    }
    box.onDidAccept(accept)
    if (question.takesAtOnce) void accept()
    return ended.finally(giveUp)
  }

  async choose<Value>(question: Choosing<Value>): Promise<Answer<Value>> {
    const box = window.createQuickPick<QuickPickItem & { readonly value: Value }>()
    box.placeholder = plain(question.placeholder)
    box.items = question.choices.map(({ label, description, detail, value }) => ({
      label: plain(label),
      ...(description !== undefined && { description: plain(description) }),
      ...(detail !== undefined && { detail: plain(detail) }),
      value,
    }))
    box.matchOnDetail = true
    const { ended, end } = this.#show<Value, never>(box, question, () => box.value, [])
    box.onDidAccept(() => {
      const [chosen] = box.selectedItems
      if (chosen) end({ is: 'next', value: chosen.value })
    })
    const answer = await ended
    return answer.is === 'other' ? { is: 'cancel' } : answer
  }

  async open(address: string): Promise<boolean> {
    return env.openExternal(Uri.parse(address, true))
  }

  async during<Result>(title: string, run: () => Promise<Result>): Promise<Result> {
    this.dispose()
    return window.withProgress({ location: ProgressLocation.Notification, title: plain(title) }, run)
  }

  dispose(): void {
    this.#shown?.dispose()
    this.#shown = undefined
  }

  /** Shows a box in the place of the one before. It stays after its answer, at rest, so that nothing flickers. */
  #show<Value, Other>(
    box: QuickInput & Pick<InputBox, 'buttons' | 'onDidTriggerButton'>,
    place: Place,
    typed: () => string,
    others: readonly OtherWay<Other>[],
  ) {
    const { promise, resolve } = Promise.withResolvers<Answered<Value, Other>>()
    const end = (answer: Answered<Value, Other>) => {
      rest(box)
      resolve(answer)
    }
    box.title = plain(place.title)
    if (place.steps > 1) {
      box.step = place.step
      box.totalSteps = place.steps
    }
    // Whoever goes to their mail for the invite finds the box as they left it.
    box.ignoreFocusOut = true
    const ways = new Map<QuickInputButton, OtherWay<Other>>(
      others.map(way => [{ iconPath: new ThemeIcon(way.icon), tooltip: way.label }, way]),
    )
    box.buttons = [...(place.canGoBack ? [QuickInputButtons.Back] : []), ...ways.keys()]
    box.onDidTriggerButton(button => {
      const way = ways.get(button)
      end(way ? { is: 'other', value: way.value } : { is: 'back', text: typed() })
    })
    box.onDidHide(() => end({ is: 'cancel' }))
    const before = this.#shown
    this.#shown = box
    box.show()
    before?.dispose()
    return { ended: promise, end }
  }
}

type Answered<Value, Other> = Answer<Value> | { readonly is: 'other'; readonly value: Other }

/** An empty box needs no telling off: only who takes it so is told. */
function remarkOn({ look }: Question, text: string): Remark | undefined {
  return text === '' ? undefined : look?.(text)
}

/** Names of teams and what they refuse with come from others: no links or icons in them. */
function plain(text: string): string {
  return plainLine(text, limits.sentence)
}

function rest(box: QuickInput): void {
  box.enabled = false
  box.busy = true
}

function fault(words: string): Remark {
  return { is: 'fault', words }
}
