import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { asParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Port } from '../net/port.ts'
import type { Reply, Request } from '../protocol/parley_pb.ts'
import type { Directory } from './directory.ts'
import type { Mailbox } from './mailbox/mailbox.ts'
import type { Metrics, Sample } from './metrics.ts'
import type { Presence } from './presence.ts'
import type { Relay } from './relay/relay.ts'
import type { Sessions } from './sessions.ts'

type Answer = (is: Request['is']) => Promise<Reply['is']>

/** Measures the requests of links: how many of each kind, how long they take, and how sign-ins end. */
export class RequestMeasures {
  readonly #requests
  readonly #failures
  readonly #latency
  readonly #signIns

  constructor(metrics: Metrics) {
    this.#requests = metrics.counts('parley_requests', 'Requests of clients, by kind.', 'request')
    this.#failures = metrics.counts('parley_request_failures', 'Requests that were refused, by error code.', 'code')
    this.#latency = metrics.histogram(
      'parley_request_duration_seconds',
      'From a request to its answer; a sign-in is several requests.',
      limits.latencyBounds,
    )
    this.#signIns = metrics.counts(
      'parley_sign_ins',
      'Sign-ins and sign-ups that ended, by outcome: signed-in, or the error code.',
      'outcome',
    )
  }

  /** `answer`, measured. */
  of(answer: Answer): Answer {
    return async is => {
      const began = performance.now()
      const kind = is.case ?? 'unknown'
      const isSignIn = signInCases.includes(kind)
      this.#requests.add(kind)
      try {
        const reply = await answer(is)
        if (isSignIn && reply.case === 'signedIn') this.#signIns.add('signed-in')
        return reply
      } catch (error) {
        const { code } = asParleyError(error)
        this.#failures.add(code)
        if (isSignIn) this.#signIns.add(code)
        throw error
      } finally {
        this.#latency.observe((performance.now() - began) / 1000)
      }
    }
  }
}

const signInCases: readonly string[] = ['signUp', 'signIn', 'continue']

/** Registers what is known of people and connections. */
export function measureRegistry(
  metrics: Metrics,
  parts: {
    directory: Directory
    presence: Presence
    sessions: Sessions
    port: Port
    relay: Relay
    mailbox: Mailbox
  },
): void {
  const { directory, presence, sessions, port, relay, mailbox } = parts
  metrics.gauge('parley_accounts', 'Accounts.', () => directory.size)
  metrics.gauge('parley_people_online', 'People who are online, away or busy.', () => presence.count)
  metrics.gauge('parley_sessions', 'Devices that are signed in.', () => sessions.count)
  metrics.gauge('parley_connections', 'Open connections of every kind.', () => port.connections)
  metrics.gauge('parley_relay_pairs', 'Pairs of devices that the relay connects.', () => relay.pairs)
  metrics.gauge('parley_relay_waiting', 'Pairs of which a device is still to come.', () => relay.waiting)
  metrics.counter('parley_relay_bytes', 'What the relay has moved.', () => relay.bytes)
  metrics.counter('parley_relay_events', 'What came of pairs that were asked for.', () => {
    const { bytes: _, ...events } = relay.counts
    return Object.entries(events).map(([event, value]): Sample => ({ labels: { event }, value }))
  })
  metrics.gauge('parley_mail_items', 'Items of mail that wait to be collected.', () => mailbox.items)
  metrics.gauge('parley_mail_bytes', 'Bytes of these items.', () => mailbox.bytes)
  metrics.counter('parley_mail_events', 'What came of deposits, and items that were taken.', () =>
    Object.entries(mailbox.counts).map(([event, value]): Sample => ({ labels: { event }, value })),
  )
  metrics.counter('parley_port_events', 'Connections accepted, and refused or cut by reason.', () =>
    Object.entries(port.counts).map(([event, value]): Sample => ({ labels: { event }, value })),
  )
}

/** Registers what is known of the process. Gives how to stop measuring. */
export function measureProcess(metrics: Metrics): () => void {
  const delay = monitorEventLoopDelay({ resolution: limits.loopDelayEvery })
  metrics.gauge('parley_memory_bytes', 'Memory of the process.', () => {
    const { rss, heapUsed, external } = process.memoryUsage()
    return Object.entries({ rss, heapUsed, external }).map(([kind, value]) => ({ labels: { kind }, value }))
  })
  metrics.counter('parley_cpu_seconds', 'Time of the processor.', () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  })
  metrics.gauge('parley_uptime_seconds', 'Since the start of the process.', () => process.uptime())
  metrics.quantiles(
    'parley_event_loop_delay_seconds',
    'How late the event loop is, since it was asked for last; measured from the first time that it is.',
    () => {
      // A registry that nobody watches is not woken for it.
      delay.enable()
      const seconds = (nanoseconds: number) =>
        Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - limits.loopDelayEvery / 1000) : 0
      const told = {
        '0.5': seconds(delay.percentile(50)),
        '0.99': seconds(delay.percentile(99)),
        '1.0': seconds(delay.max),
      }
      delay.reset()
      return told
    },
  )
  return () => delay.disable()
}
