import { setImmediate } from 'node:timers/promises'
import { ParleyError } from '@parley/daemon/client'
import type { SurfaceEvent, SurfaceMethod, SurfaceRequests, ToSurface } from '../../extension/src/chat/messages.ts'
import type { Port } from '../../extension/src/chat/surface-page.ts'
import { Emitter } from '../../extension/src/event.ts'

/** The page of a chat surface as its host meets it: says what a test lets it say and notes what it is told. */
export class ScriptedPage implements Port {
  readonly #said = new Emitter<unknown>()
  readonly #asked = new Map<number, (message: ToSurface) => void>()
  #next = 1
  readonly onMessage = this.#said.event
  readonly events: { readonly event: SurfaceEvent; readonly value: unknown }[] = []
  readonly posted: ToSurface[] = []

  post(message: ToSurface): void {
    this.posted.push(message)
    if (message.is === 'event') this.events.push({ event: message.event, value: message.value })
    else this.#asked.get(message.id)?.(message)
  }

  say(message: unknown): void {
    this.#said.fire(message)
  }

  /** Loads the page and opens the chat, as a surface does. */
  async load(): Promise<SurfaceRequests['open'][1]> {
    this.say({ is: 'ready' })
    return this.ask('open', {})
  }

  /** Rejects with the refusal. */
  ask<Method extends SurfaceMethod>(
    method: Method,
    params: SurfaceRequests[Method][0],
  ): Promise<SurfaceRequests[Method][1]> {
    const id = this.#next++
    return new Promise((resolve, reject) => {
      this.#asked.set(id, message => {
        this.#asked.delete(id)
        if (message.is === 'refusal') reject(new ParleyError('internal', `${message.code}: ${message.why}`))
        // The host is typed to answer each method with its own result.
        else if (message.is === 'reply') resolve(message.result as SurfaceRequests[Method][1])
      })
      this.say({ is: 'request', id, method, params })
    })
  }

  /** The values of one event so far. */
  told(event: SurfaceEvent): unknown[] {
    return this.events.filter(each => each.event === event).map(({ value }) => value)
  }
}

/** Lets promises that are ready take their turns. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await setImmediate()
}
