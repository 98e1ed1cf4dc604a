import { parentPort } from 'node:worker_threads'
import * as opaque from '@serenity-kit/opaque'
import type { OpaqueAnswer, OpaqueJob, OpaqueJobs } from './jobs.ts'

/**
 * The entry of the worker that runs OPAQUE's client half: it is synchronous and its key stretching takes about 0.3 s,
 * too long for the thread that serves front ends. A file of its own beside the bundle, too.
 */
const run: { [K in keyof OpaqueJobs]: (input: OpaqueJobs[K][0]) => OpaqueJobs[K][1] } = {
  startSignUp: input => {
    const { clientRegistrationState, registrationRequest } = opaque.client.startRegistration(input)
    return { state: clientRegistrationState, request: registrationRequest }
  },
  finishSignUp: ({ password, state, response }) => ({
    record: opaque.client.finishRegistration({
      password,
      clientRegistrationState: state,
      registrationResponse: response,
    }).registrationRecord,
  }),
  startSignIn: input => {
    const { clientLoginState, startLoginRequest } = opaque.client.startLogin(input)
    return { state: clientLoginState, request: startLoginRequest }
  },
  finishSignIn: ({ password, state, response }) => {
    const done = opaque.client.finishLogin({ password, clientLoginState: state, loginResponse: response })
    return done ? { finish: done.finishLoginRequest, sessionKey: done.sessionKey } : undefined
  },
}

function answer<K extends keyof OpaqueJobs>(job: OpaqueJob<K>): OpaqueAnswer {
  try {
    return { id: job.id, output: run[job.is](job.input) }
  } catch (error) {
    return { id: job.id, failed: error instanceof Error ? error.message : String(error) }
  }
}

await opaque.ready
parentPort?.on('message', (job: OpaqueJob) => parentPort?.postMessage(answer(job)))
