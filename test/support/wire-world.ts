/** Scripted phones over real sockets against the running server. */
import { createSocket } from 'node:dgram'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { WebSocket } from 'ws'
import { DEFAULT_LIMITS } from '../../src/sip/message/error.ts'
import { parseMessage } from '../../src/sip/message/parse.ts'
import type { SipMessage } from '../../src/sip/message/types.ts'
import { StreamFramer } from '../../src/sip/transport/stream-framer.ts'
import type { Flow, TransportProtocol } from '../../src/sip/transport/types.ts'
import type { PhoneCredentials } from './phone-credentials.ts'
import { pause } from './places.ts'
import { type Ringfence, type RingfenceOptions, startRingfence } from './ringfence.ts'
import { type Account, type PhoneWorld, ScriptedPhone } from './scripted-phone.ts'

export type WireProtocol = Extract<TransportProtocol, 'TLS' | 'WSS' | 'UDP'>

/** A phone's connection: one message, or one keep-alive, at a time. */
export interface Wire {
  readonly localPort: number
  write(octets: Buffer): void
  /** Breaks the connection without a word. */
  destroy(): void
  readonly closed: Promise<void>
  /** Keep-alive answers that came: CRLF, or STUN over UDP. */
  pongs: number
  /** The last of them over UDP. */
  pong?: Buffer
  receive: (message: SipMessage) => void
}

export interface WirePhoneOptions {
  readonly protocol?: WireProtocol
  /** Default true. */
  readonly registered?: boolean
  /** The credentials of a device that exists; default: a new device of the extension. */
  readonly credentials?: PhoneCredentials
}

const TURN_MS = 5
const TURNS = 2_000
/** Long enough that what the server sends at once has come. */
const QUIET_MS = 250

export class WireWorld implements PhoneWorld {
  readonly system: Ringfence
  readonly waiting = { turns: TURNS, turn: (): Promise<void> => pause(TURN_MS) }
  readonly network = {
    open: (_protocol: TransportProtocol, _address: string, receive: (message: SipMessage) => void): Flow => {
      const wire = this.#connected
      if (wire === undefined) throw new Error('phones of the wire connect by WireWorld.phone')
      wire.receive = receive
      const flow = { id: `wire-${wire.localPort}`, protocol: this.#protocol, remotePort: wire.localPort } as Flow
      this.#wires.set(flow, wire)
      return flow
    },
    toServer: (flow: Flow, octets: Buffer): void => this.wireOf(flow).write(octets),
  }
  readonly #wires = new Map<Flow, Wire>()
  readonly #extensions = new Set<string>()
  #connected: Wire | undefined
  #protocol: WireProtocol = 'TLS'

  constructor(system: Ringfence) {
    this.system = system
  }

  wireOf(flow: Flow): Wire {
    const wire = this.#wires.get(flow)
    if (wire === undefined) throw new Error('no such connection')
    return wire
  }

  closeFlow(flow: Flow): void {
    this.wireOf(flow).destroy()
  }

  settle(): Promise<void> {
    return pause(QUIET_MS)
  }

  async phone(number: string, options: WirePhoneOptions = {}): Promise<ScriptedPhone> {
    const { protocol = 'TLS', registered = true } = options
    const credentials = options.credentials ?? (await this.device(number))
    this.#connected = await this.connect(protocol)
    this.#protocol = protocol
    const { username, password, domain } = credentials
    const account = { device: { username }, organisation: { domain }, extension: { number }, password }
    const phone = new ScriptedPhone(this, account as unknown as Account, protocol, '127.0.0.1')
    this.#connected = undefined
    if (registered) await phone.register()
    return phone
  }

  /** A new device of an extension, which is made when it is missing. */
  async device(number: string): Promise<PhoneCredentials> {
    if (!this.#extensions.has(number)) {
      this.#extensions.add(number)
      await this.system.addExtension(number)
    }
    return await this.system.addDevice(number)
  }

  async connect(protocol: WireProtocol): Promise<Wire> {
    const { ready, caPem } = this.system
    if (protocol === 'UDP') return await udpWire(this.udpPort)
    return protocol === 'TLS' ? await tlsWire(ready.sipTls.port, caPem) : await webSocketWire(ready.https.port, caPem)
  }

  /** Of the listener that `WITH_UDP` asks for. */
  get udpPort(): number {
    const listener = this.system.ready.listeners.find(({ transport }) => transport.toUpperCase() === 'UDP')
    if (listener === undefined) throw new Error('the server has no UDP listener')
    return listener.port
  }

  async stop(): Promise<void> {
    for (const wire of this.#wires.values()) wire.destroy()
    await this.system.stop()
  }
}

/** Arguments of `serve` for phones over UDP. */
export const WITH_UDP: readonly string[] = ['--allow-insecure-udp', '127.0.0.1:0']

export async function startWireWorld(options: RingfenceOptions = {}): Promise<WireWorld> {
  return new WireWorld(await startRingfence(options))
}

async function tlsWire(port: number, ca: string): Promise<Wire> {
  const socket: TLSSocket = connectTls({ host: '127.0.0.1', port, ca, checkServerIdentity: () => undefined })
  await new Promise<void>((done, failed) => {
    socket.once('secureConnect', done)
    socket.once('error', failed)
  })
  socket.on('error', () => {})
  socket.setNoDelay(true)
  const wire: Wire = {
    localPort: socket.localPort ?? 0,
    write: octets => void socket.write(octets),
    destroy: () => void socket.destroy(),
    closed: new Promise(done => socket.once('close', () => done())),
    pongs: 0,
    receive: () => {},
  }
  const framer = new StreamFramer(
    {
      onFrame(octets) {
        wire.receive(parsed(octets))
        return true
      },
      onPing() {},
      onFramingError(error) {
        throw new Error(`the server sent no SIP: ${error.detail}`)
      },
    },
    DEFAULT_LIMITS,
  )
  socket.on('data', (chunk: Buffer) => {
    if (chunk.equals(CRLF)) wire.pongs++
    else framer.push(chunk)
  })
  return wire
}

async function udpWire(port: number): Promise<Wire> {
  const socket = createSocket('udp4')
  await new Promise<void>((done, failed) => {
    socket.once('error', failed)
    socket.bind(0, '127.0.0.1', () => socket.connect(port, '127.0.0.1', () => done()))
  })
  socket.on('error', () => {})
  let open = true
  const wire: Wire = {
    localPort: socket.address().port,
    write: octets => void (open && socket.send(octets)),
    destroy: () => {
      if (open) socket.close()
      open = false
    },
    closed: new Promise(done => socket.once('close', () => done())),
    pongs: 0,
    receive: () => {},
  }
  socket.on('message', datagram => {
    // STUN begins with two zero bits (RFC 5626 §8).
    if (datagram.equals(CRLF) || datagram[0]! < 4) {
      wire.pongs++
      wire.pong = datagram
    } else wire.receive(parsed(datagram))
  })
  return wire
}

async function webSocketWire(port: number, ca: string): Promise<Wire> {
  const socket = new WebSocket(`wss://127.0.0.1:${port}/`, 'sip', {
    ca,
    checkServerIdentity: () => undefined,
  } as object)
  await new Promise<void>((done, failed) => {
    socket.once('open', () => done())
    socket.once('error', failed)
  })
  socket.on('error', () => {})
  const { localPort } = (socket as unknown as { _socket: TLSSocket })._socket
  const wire: Wire = {
    localPort: localPort ?? 0,
    write: octets => socket.send(octets, { binary: false }),
    destroy: () => socket.terminate(),
    closed: new Promise(done => socket.once('close', () => done())),
    pongs: 0,
    receive: () => {},
  }
  socket.on('message', (data: Buffer) => {
    if (data.equals(CRLF)) wire.pongs++
    else wire.receive(parsed(data))
  })
  return wire
}

const CRLF = Buffer.from('\r\n')

function parsed(octets: Buffer): SipMessage {
  const message = parseMessage(Buffer.from(octets))
  if (!message.ok) throw message.error
  return message.value
}
