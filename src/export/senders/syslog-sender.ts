/**
 * Syslog over TLS (RFC 5425) or TCP (RFC 6587). The protocol knows no receipt: what was written may be lost with the
 * connection. So each connection is ended in turn, and the receiver's own end, which comes after it read everything, is the
 * receipt; until then the place in the log does not move.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { fail, ok, type Result } from '../../base/result.ts'
import type { Secret } from '../../base/secret.ts'
import type { LoggedEvent } from '../../events/event-log.ts'
import { visible } from '../text.ts'
import type { SendFailure, Sender } from '../types.ts'

export interface SyslogSenderOptions {
  readonly host: string
  readonly port: number
  /** Undefined: TCP in the clear. */
  readonly tls: SyslogTls | undefined
  frame(logged: LoggedEvent): Buffer
  /** Milliseconds. Default 10,000. */
  readonly connectTimeoutMs?: number
  /** Milliseconds for the receiver to read what was written. Default 30,000. */
  readonly patienceMs?: number
}

export interface SyslogTls {
  readonly caPem: string | undefined
  readonly certificatePem: string | undefined
  readonly key: Secret | undefined
  readonly serverName: string | undefined
}

/**
 * A receiver that refuses our certificate ends the connection after the handshake, as quietly as one that has read
 * everything (rsyslog). So a connection that is younger is no receipt: one that was refused has been ended by then.
 */
const PROBATION_MS = 1_000
const SENT_AGAIN = 'what it had not confirmed is sent again'

export function createSyslogSender(options: SyslogSenderOptions): Sender {
  const { connectTimeoutMs = 10_000, patienceMs = 30_000 } = options
  let socket: Socket | undefined
  let unconfirmed = false
  let broken = ''
  let openedAt = 0
  let closed = false

  /** Forgets the connection; true: with it, what was written. */
  function drop(): boolean {
    socket?.destroy()
    socket = undefined
    const lost = unconfirmed
    unconfirmed = false
    return lost
  }

  async function open(): Promise<Result<Socket, SendFailure>> {
    if (socket !== undefined && broken === '' && socket.writable) return ok(socket)
    if (socket !== undefined && drop()) return later(`${broken || 'the connection ended'}; ${SENT_AGAIN}`)
    drop()
    broken = ''
    const opened = await connect(options, connectTimeoutMs)
    if (!opened.ok) return opened
    if (closed) {
      opened.value.destroy()
      return later('closed')
    }
    socket = opened.value
    openedAt = performance.now()
    // Whatever a receiver says is of no interest, but its end is read only behind it.
    socket.resume()
    socket.on('error', error => (broken = reasonOf(error)))
    socket.on('end', () => (broken ||= 'the receiver ended the connection'))
    return ok(socket)
  }

  return {
    async send(batch) {
      const opened = await open()
      if (!opened.ok) return opened
      unconfirmed = true
      const problem = await written(opened.value, Buffer.concat(batch.map(options.frame)), patienceMs)
      if (problem === undefined) return ok({})
      const detail = broken || problem
      drop()
      return later(detail)
    },
    async confirm() {
      const ending = socket
      if (ending === undefined || !unconfirmed) return ok(undefined)
      await ended(ending, PROBATION_MS - (performance.now() - openedAt))
      // Ended before we did: it may not have read the last of it.
      if (broken !== '') {
        const detail = broken
        drop()
        return later(`${detail}; ${SENT_AGAIN}`)
      }
      const problem = await endedWell(ending, patienceMs)
      unconfirmed = false
      drop()
      return problem === undefined ? ok(undefined) : later(`${problem}; ${SENT_AGAIN}`)
    },
    close() {
      closed = true
      drop()
    },
  }
}

function later(detail: string): Result<never, SendFailure> {
  return fail({ kind: 'later', detail })
}

function connect({ host, port, tls }: SyslogSenderOptions, timeoutMs: number): Promise<Result<Socket, SendFailure>> {
  const { promise, resolve } = Promise.withResolvers<Result<Socket, SendFailure>>()
  const name = tls?.serverName ?? (isIP(host) === 0 ? host : undefined)
  const socket =
    tls === undefined
      ? connectTcp({ host, port })
      : connectTls({
          host,
          port,
          minVersion: 'TLSv1.2',
          rejectUnauthorized: true,
          ...(name === undefined ? {} : { servername: name }),
          ...(tls.caPem === undefined ? {} : { ca: tls.caPem }),
          ...(tls.certificatePem === undefined ? {} : { cert: tls.certificatePem, key: tls.key?.reveal() }),
        })
  const timer = setTimeout(() => settle(`no connection within ${timeoutMs} ms`), timeoutMs)
  timer.unref()
  function settle(problem: string | undefined): void {
    clearTimeout(timer)
    socket.removeListener('error', onError)
    if (problem !== undefined) {
      socket.on('error', () => undefined)
      socket.destroy()
    }
    resolve(problem === undefined ? ok(socket) : later(problem))
  }
  function onError(error: Error): void {
    settle(reasonOf(error))
  }
  socket.on('error', onError)
  socket.once(tls === undefined ? 'connect' : 'secureConnect', () => settle(undefined))
  return promise
}

/** Undefined: handed over to the system; else why not. */
function written(socket: Socket, octets: Buffer, patienceMs: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const timer = setTimeout(() => resolve(`the receiver read nothing for ${patienceMs} ms`), patienceMs)
  timer.unref()
  const onClose = (): void => resolve('the connection was lost')
  socket.once('close', onClose)
  socket.write(octets, error => resolve(error === null || error === undefined ? undefined : reasonOf(error)))
  return promise.finally(() => {
    clearTimeout(timer)
    socket.removeListener('close', onClose)
  })
}

/** Resolves when the receiver ended, or after so many milliseconds. */
function ended(socket: Socket, milliseconds: number): Promise<void> {
  if (milliseconds <= 0 || socket.readableEnded || socket.destroyed) return Promise.resolve()
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, milliseconds)
  socket.once('close', resolve)
  return promise.finally(() => {
    clearTimeout(timer)
    socket.removeListener('close', resolve)
  })
}

/** Undefined: the receiver read up to our end, and ended too. */
function endedWell(socket: Socket, patienceMs: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const timer = setTimeout(() => resolve(`the receiver did not read to the end within ${patienceMs} ms`), patienceMs)
  timer.unref()
  socket.once('error', error => resolve(reasonOf(error)))
  socket.once('close', hadError => resolve(hadError ? 'the connection was lost' : undefined))
  socket.end()
  return promise.finally(() => clearTimeout(timer))
}

function reasonOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException
  const message = error.message === '' && error instanceof AggregateError ? String(error.errors[0]) : error.message
  return visible(code === undefined || message.includes(code) ? message : `${message} (${code})`, 300)
}
