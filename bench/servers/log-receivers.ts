/**
 * Receivers of the log in a thread of their own: syslog over TLS, and a bulk endpoint. Each says how long an event took from its
 * happening, by the same machine's clock.
 */
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import type { KeyPairPem } from '../../src/keys/certificate-authority.ts'

export interface LogReceivers {
  readonly syslogPort: number
  readonly bulkPort: number
  /** Milliseconds from event to receiver of each since the last time. */
  take(): Promise<{ readonly syslog: readonly number[]; readonly bulk: readonly number[] }>
  stop(): Promise<void>
}

export async function startLogReceivers(identity: KeyPairPem): Promise<LogReceivers> {
  const worker = new Worker(import.meta.filename, { workerData: identity })
  const next = <T>(): Promise<T> => new Promise(done => worker.once('message', done))
  const ports = await next<{ readonly syslogPort: number; readonly bulkPort: number }>()
  return {
    ...ports,
    async take() {
      const answer = next<{ readonly syslog: Float64Array; readonly bulk: Float64Array }>()
      worker.postMessage('take')
      const { syslog, bulk } = await answer
      return { syslog: [...syslog], bulk: [...bulk] }
    },
    async stop() {
      await worker.terminate()
    },
  }
}

const now = (): number => performance.timeOrigin + performance.now()

async function serve({ certificatePem, privateKeyPem }: KeyPairPem): Promise<void> {
  const identity = { cert: certificatePem, key: privateKeyPem }
  let syslog: number[] = []
  let bulk: number[] = []
  const tls = createTlsServer(identity, socket => {
    let rest: Buffer = Buffer.alloc(0)
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      const at = now()
      let from = 0
      for (;;) {
        const space = rest.indexOf(32, from)
        if (space < 0) break
        const end = space + 1 + Number(rest.toString('latin1', from, space))
        if (end > rest.length) break
        // `<PRI>1 TIME …`
        const time = rest.indexOf(32, space + 1) + 1
        syslog.push(at - Date.parse(rest.toString('latin1', time, time + 24)))
        from = end
      }
      rest = rest.subarray(from)
    })
  })
  const https = createHttpsServer(identity, (request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const at = now()
      const times = [
        ...Buffer.concat(parts)
          .toString('latin1')
          .matchAll(/\{"@timestamp":"([^"]{24})"/g),
      ]
      for (const [, time = ''] of times) bulk.push(at - Date.parse(time))
      response.end('{"errors":false,"items":[]}')
    })
  })
  const ports = await Promise.all(
    [tls, https].map(
      server =>
        new Promise<number>(done => server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port))),
    ),
  )
  parentPort?.on('message', () => {
    parentPort?.postMessage({ syslog: Float64Array.from(syslog), bulk: Float64Array.from(bulk) })
    syslog = []
    bulk = []
  })
  parentPort?.postMessage({ syslogPort: ports[0], bulkPort: ports[1] })
}

if (!isMainThread) await serve(workerData as KeyPairPem)
