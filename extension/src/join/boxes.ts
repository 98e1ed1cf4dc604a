import {
  type InputBox,
  InputBoxValidationSeverity,
  ProgressLocation,
  type QuickInput,
  QuickInputButtons,
  type QuickPickItem,
  window,
} from 'vscode'
import { wordsOf } from './faults.ts'
import type { Answer, Choosing, Place, Prompter, Question, Remark } from './prompter.ts'

/** Asks in VS Code's own boxes. To be disposed when the flow is over: the last box stays until then. */
export class Boxes implements Prompter {
  #shown: QuickInput | undefined

  async ask(question: Question): Promise<Answer<string>> {
    const box = window.createInputBox()
    box.value = question.text
    box.prompt = question.prompt
    box.placeholder = question.placeholder
    box.password = question.isSecret ?? false
    if (question.problem !== undefined) box.validationMessage = shownAs(fault(question.problem))
    const { ended, end } = this.#show<string>(box, question, () => box.value)
    let attempt: AbortController | undefined
    const giveUp = () => {
      attempt?.abort()
      attempt = undefined
      box.busy = false
    }
    box.onDidChangeValue(text => {
      giveUp()
      // An empty box needs no telling off: only who takes it so is told.
      const remark = text === '' ? undefined : question.look?.(text)
      box.validationMessage = remark && shownAs(remark)
    })
    const accept = async () => {
      if (attempt) return
      const { value } = box
      const remark = question.look?.(value)
      box.validationMessage = remark && shownAs(remark)
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
        box.validationMessage = shownAs(fault(wordsOf(error)))
      }
    }
    box.onDidAccept(accept)
    if (question.takesAtOnce) void accept()
    return ended.finally(giveUp)
  }

  async choose<Value>(question: Choosing<Value>): Promise<Answer<Value>> {
    const box = window.createQuickPick<QuickPickItem & { readonly value: Value }>()
    box.placeholder = question.placeholder
    box.items = [...question.choices]
    box.matchOnDetail = true
    const { ended, end } = this.#show<Value>(box, question, () => box.value)
    box.onDidAccept(() => {
      const [chosen] = box.selectedItems
      if (chosen) end({ is: 'next', value: chosen.value })
    })
    return ended
  }

  async during<Result>(title: string, run: () => Promise<Result>): Promise<Result> {
    this.dispose()
    return window.withProgress({ location: ProgressLocation.Notification, title }, run)
  }

  dispose(): void {
    this.#shown?.dispose()
    this.#shown = undefined
  }

  /** Shows a box in the place of the one before. It stays after its answer, at rest, so that nothing flickers. */
  #show<Value>(box: QuickInput & Pick<InputBox, 'buttons' | 'onDidTriggerButton'>, place: Place, typed: () => string) {
    const { promise, resolve } = Promise.withResolvers<Answer<Value>>()
    const end = (answer: Answer<Value>) => {
      rest(box)
      resolve(answer)
    }
    box.title = place.title
    if (place.steps > 1) {
      box.step = place.step
      box.totalSteps = place.steps
    }
    // Whoever goes to their mail for the invite finds the box as they left it.
    box.ignoreFocusOut = true
    box.buttons = place.canGoBack ? [QuickInputButtons.Back] : []
    box.onDidTriggerButton(() => end({ is: 'back', text: typed() }))
    box.onDidHide(() => end({ is: 'cancel' }))
    const before = this.#shown
    this.#shown = box
    box.show()
    before?.dispose()
    return { ended: promise, end }
  }
}

function rest(box: QuickInput): void {
  box.enabled = false
  box.busy = true
}

function fault(words: string): Remark {
  return { is: 'fault', words }
}

function shownAs({ is, words }: Remark) {
  return {
    message: words,
    severity: is === 'fault' ? InputBoxValidationSeverity.Error : InputBoxValidationSeverity.Info,
  }
}
