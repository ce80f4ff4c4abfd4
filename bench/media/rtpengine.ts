/** Debian's rtpengine in user space, and the little of its control protocol (bencode over UDP) that a call needs. */
import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { startRtpengineProcess } from '../servers/rtpengine-process.ts'
import type { PlannedLeg, PlannedSide } from './plan.ts'
import type { Relay } from './relays.ts'
import { legOf, phoneSdp } from './session.ts'

type Value = string | readonly Value[] | { readonly [key: string]: Value }

function encode(value: Value): string {
  if (typeof value === 'string') return `${Buffer.byteLength(value)}:${value}`
  if (Array.isArray(value)) return `l${value.map(encode).join('')}e`
  const entries = Object.entries(value as { readonly [key: string]: Value })
  entries.sort(([x], [y]) => (x < y ? -1 : 1))
  return `d${entries.map(([key, item]) => encode(key) + encode(item)).join('')}e`
}

/** The text under `key` of a dictionary: enough to read `result`, `sdp` and `error-reason`. */
function field(reply: string, key: string): string | undefined {
  const at = reply.indexOf(encode(key))
  const length = at < 0 ? null : /^\d+/.exec(reply.slice(at + encode(key).length))
  if (length === null) return undefined
  const from = at + encode(key).length + length[0].length + 1
  return reply.slice(from, from + Number(length[0]))
}

class ControlSocket {
  readonly #socket: Socket
  readonly #port: number
  /** Replies are kept by cookie: no cookie may come twice, not even in the next run. */
  readonly #prefix = randomBytes(6).toString('hex')
  #count = 0

  constructor(socket: Socket, port: number) {
    this.#socket = socket
    this.#port = port
  }

  async ask(command: { readonly [key: string]: Value }): Promise<string> {
    const cookie = `${this.#prefix}_${this.#count++}`
    const signal = AbortSignal.timeout(3000)
    const reply = once(this.#socket, 'message', { signal })
    this.#socket.send(`${cookie} ${encode(command)}`, this.#port, '127.0.0.1')
    const [message] = (await reply) as [Buffer]
    const text = message.toString('latin1')
    const result = field(text, 'result')
    if (!text.startsWith(`${cookie} `) || (result !== 'ok' && result !== 'pong')) {
      throw new Error(`rtpengine: ${field(text, 'error-reason') ?? text.slice(0, 200)}`)
    }
    return field(text, 'sdp') ?? ''
  }
}

export async function startRtpengine(threads = 2): Promise<Relay> {
  const rtpengine = await startRtpengineProcess(threads)
  const socket = createSocket('udp4')
  const control = new ControlSocket(socket, rtpengine.controlPort)
  for (let tries = 0; ; tries++) {
    const alive = await control.ask({ command: 'ping' }).catch(() => undefined)
    if (alive !== undefined) break
    if (tries > 5 || !rtpengine.running) throw new Error('rtpengine does not answer')
  }
  const open: string[] = []
  return {
    name: `rtpengine (${threads} threads)`,
    pid: rtpengine.pid,
    async open(count, a, b) {
      const calls = []
      for (let i = 0; i < count; i++) calls.push(await openCall(control, open, a, b))
      return calls
    },
    async close() {
      for (const id of open.splice(0)) await control.ask({ command: 'delete', 'call-id': id, 'from-tag': 'a' })
    },
    async stop() {
      await rtpengine.stop()
      socket.close()
    },
  }
}

/** Each leg keeps its own suite: both are named, so that rtpengine re-encrypts instead of passing keys through. */
async function openCall(
  control: ControlSocket,
  open: string[],
  a: PlannedSide,
  b: PlannedSide,
): Promise<{ a: PlannedLeg; b: PlannedLeg }> {
  const id = randomBytes(8).toString('hex')
  const common = {
    'call-id': id,
    'from-tag': 'a',
    replace: ['origin', 'session-connection'],
    'transport-protocol': 'RTP/SAVP',
    ICE: 'remove',
    DTLS: 'off',
  }
  const offered = legOf(await control.ask({ ...common, command: 'offer', sdp: phoneSdp(a, 1) }), b.suite)
  open.push(id)
  const answered = await control.ask({ ...common, command: 'answer', 'to-tag': 'b', sdp: phoneSdp(b, offered.tag) })
  return { a: legOf(answered, a.suite), b: offered }
}
