/** The UDP sockets of one layer: those that listen, and those that `connect` needs. */
import { isIPv6 } from 'node:net'
import type { TransportLimits } from './limits.ts'
import { openNativeDatagrams } from './native-datagrams.ts'
import type { ListenerOptions } from './options.ts'
import type { Flow, InboundFilter, Listener, Target, TransportObserver } from './types.ts'
import { type UdpFlow, UdpFlowTable, type UdpHost, UdpPort } from './udp-port.ts'

const COMPLAIN_EVERY_MS = 60_000

export interface UdpPortsHost {
  readonly limits: TransportLimits
  readonly filter: InboundFilter | undefined
  readonly observer: TransportObserver
  readonly nativeCode: boolean
  readonly now: number
  readonly onFrame: (bytes: Buffer, flow: Flow) => void
}

export class UdpPorts {
  readonly flows: UdpFlowTable
  readonly #host: UdpPortsHost
  readonly #portHost: UdpHost
  readonly #ports: UdpPort[] = []
  /** Ports that `connect` uses, by family and reach: at most four. */
  readonly #outbound = new Map<string, Promise<UdpPort>>()
  readonly #complained = new WeakMap<UdpPort, number>()
  #nextIndex = 0

  constructor(host: UdpPortsHost, mayAnswer: (flow: Flow) => boolean) {
    const { limits, filter } = host
    const flows = new UdpFlowTable(limits)
    this.#host = host
    this.flows = flows
    this.#portHost = {
      limits,
      filter,
      flows,
      native: host.nativeCode ? openNativeDatagrams() : undefined,
      mayAnswer,
      get now() {
        return host.now
      },
      onDatagram: host.onFrame,
      onFailing: (port, error) => this.#complain(port, error),
    }
  }

  createListener({ address, port, sources, insecure }: ListenerOptions): {
    readonly listener: Listener
    start(): Promise<void>
    stop(): Promise<void>
  } {
    const listener = { protocol: 'UDP' as const, address, port, insecure: insecure !== false }
    const udp = new UdpPort({ address, port, sources, listener, index: this.#nextIndex++ }, this.#portHost)
    this.#ports.push(udp)
    return {
      listener,
      async start() {
        await udp.start()
        Object.assign(listener, udp.bound)
      },
      stop: () => udp.stop(),
    }
  }

  async connect({ address, port: remotePort }: Target): Promise<UdpFlow> {
    const port = await this.#portFor(address)
    const { now } = this.#host
    return this.flows.find(port, address, remotePort, now) ?? this.flows.add(port, address, remotePort, now)
  }

  /** The flow to another port of the same peer, over the same socket. */
  beside(flow: UdpFlow, remotePort: number): UdpFlow {
    const { now } = this.#host
    const { port, remoteAddress } = flow
    return this.flows.find(port, remoteAddress, remotePort, now) ?? this.flows.add(port, remoteAddress, remotePort, now)
  }

  /** Lets go of a listener that was closed; its flows, which are gone. */
  forget(listener: Listener): readonly UdpFlow[] {
    const index = this.#ports.findIndex(port => port.listener === listener)
    if (index < 0) return []
    const [port] = this.#ports.splice(index, 1)
    this.#outbound.clear()
    return this.flows.removePort(port!)
  }

  async stop(): Promise<void> {
    await Promise.all(this.#ports.map(port => port.stop()))
  }

  #portFor(address: string): Promise<UdpPort> {
    const kind = `${isIPv6(address)} ${isLoopback(address)}`
    let port = this.#outbound.get(kind)
    if (port === undefined) {
      port = this.#openPort(address)
      this.#outbound.set(kind, port)
      port.catch(() => this.#outbound.delete(kind))
    }
    return port
  }

  /** A listener that can reach the address, or a socket of our own that hears only whom we spoke to. */
  async #openPort(address: string): Promise<UdpPort> {
    const ipv6 = isIPv6(address)
    const reaches = (port: UdpPort): boolean => !isLoopback(port.bound.address) || isLoopback(address)
    const listening = this.#ports.find(port => port.open && port.ipv6 === ipv6 && reaches(port))
    if (listening !== undefined) return listening
    const any = ipv6 ? '::' : '0.0.0.0'
    const index = this.#nextIndex++
    const port = new UdpPort({ address: any, port: 0, sources: undefined, listener: undefined, index }, this.#portHost)
    await port.start()
    this.#ports.push(port)
    return port
  }

  #complain(port: UdpPort, error: NodeJS.ErrnoException): void {
    const { now, observer } = this.#host
    if (port.listener === undefined) return
    if (now - (this.#complained.get(port) ?? Number.NEGATIVE_INFINITY) < COMPLAIN_EVERY_MS) return
    this.#complained.set(port, now)
    observer.listenerFailing?.(port.listener, error.code ?? 'UNKNOWN', error.message)
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}
