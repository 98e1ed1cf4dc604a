import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { limits } from './limits.ts'
import type { Service } from './options.ts'

/** Why the service gave nothing that can be used: a sentence for the operator. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError'
}

/**
 * Asks the service once and gives its answer as text. Node's own client rather than `fetch`: that takes no certificates of
 * an own authority without another package. No redirect is followed: the answers of people go where the options say.
 * @throws ServiceError for a status other than 200, a body that is too large, and silence
 */
export async function post({ url, secret, ca, timeout }: Service, body: object, signal: AbortSignal): Promise<string> {
  const late = AbortSignal.timeout(timeout)
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const data = Buffer.from(JSON.stringify(body))
  const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${secret}`,
      'content-type': 'application/json',
      'content-length': data.length,
      accept: 'application/json',
    },
    ...(ca !== undefined && { ca }),
    // One connection for each question: one that has died in a pool would look like a service that is away.
    agent: false,
    signal: AbortSignal.any([signal, late]),
  })
  request.on('error', cause => {
    const why = late.aborted ? `it did not answer within ${timeout / 1000} s` : cause.message
    reject(new ServiceError(`The service cannot be asked: ${why}.`, { cause }))
  })
  request.on('response', response => {
    const { statusCode = 0 } = response
    if (statusCode !== 200) {
      reject(new ServiceError(`The service answered with status ${statusCode} instead of 200.`))
      request.destroy()
      return
    }
    const chunks: Buffer[] = []
    let size = 0
    response.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= limits.reply) return void chunks.push(chunk)
      reject(new ServiceError(`The service answered with more than ${limits.reply} bytes.`))
      request.destroy()
    })
    response.on('error', cause => reject(new ServiceError('The answer of the service broke off.', { cause })))
    response.on('aborted', () => reject(new ServiceError('The answer of the service broke off.')))
    response.on('end', () => {
      if (response.complete) resolve(Buffer.concat(chunks).toString('utf8'))
    })
  })
  request.end(data)
  return promise
}
