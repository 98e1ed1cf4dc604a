import { connect, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { Client } from 'ldapts'
import type { Directory } from './options.ts'

/** A connection to the directory for one sign-in, encrypted as the options say. */
export interface Session {
  readonly client: Client
  /** Ends it at once, whatever is under way. */
  close(): void
}

/**
 * Connects. It never connects again by itself: the library would, and in the clear after StartTLS, so that somebody who
 * cuts the connection would be given the password.
 */
export async function openSession(directory: Directory, signal: AbortSignal): Promise<Session> {
  const { url, host, startTls, ca, timeout } = directory
  const sockets: Socket[] = []
  const tls: ConnectionOptions = {
    host,
    ...(ca !== undefined && { ca }),
    ...(isIP(host) === 0 && { servername: host }),
  }
  let isOpen = true
  const once = <Socked extends Socket>(open: () => Socked): Socked => {
    signal.throwIfAborted()
    if (!isOpen) throw new Error('The connection to the directory broke off.')
    isOpen = false
    return kept(open())
  }
  const kept = <Socked extends Socket>(socket: Socked): Socked => {
    sockets.push(socket)
    return socket
  }
  const client = new Client({
    url,
    timeout,
    connectTimeout: timeout,
    strictDN: false,
    // Whoever gives these speaks TLS from the beginning.
    ...(url.startsWith('ldaps:') && { tlsOptions: tls }),
    createConnection: ((port: number, to: string) => once(() => connect(port, to))) as typeof connect,
    createSecureConnection: ((...how: Parameters<typeof connectTls>) => {
      const isUpgrade = startTls && sockets.length === 1
      return isUpgrade ? kept(connectTls(...how)) : once(() => connectTls(...how))
    }) as typeof connectTls,
  })
  const cut = () => {
    isOpen = false
    // TLS before what it runs over: Node falls over a connection whose ground has gone.
    for (const socket of sockets.toReversed()) socket.destroy()
  }
  signal.addEventListener('abort', cut, { once: true })
  const session = {
    client,
    close() {
      signal.removeEventListener('abort', cut)
      cut()
    },
  }
  try {
    if (startTls) await client.startTLS({ ...tls })
    return session
  } catch (error) {
    session.close()
    throw error
  }
}
