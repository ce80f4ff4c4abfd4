/** Decisions by what is asked: an address, a port, a connection, a name. */
import { normaliseAddress } from '../../base/network.ts'
import type { Entry } from './entry.ts'
import { PrefixIndex } from './prefix-index.ts'
import { accountOf, addressOf, networkOf, socketOf } from './target.ts'
import type { AskedSource, Target } from './types.ts'

/** What the registry of addresses says of one. */
export interface Whereabouts {
  readonly as: number | undefined
  readonly country: string | undefined
}

export class SourceIndex {
  readonly #whereIs: ((address: string) => Whereabouts) | undefined
  readonly #addresses = new PrefixIndex<Entry>()
  readonly #networks = new PrefixIndex<Entry>()
  /** By address, then port. */
  readonly #sockets = new Map<string, Map<number, Entry>>()
  readonly #flows = new Map<string, Entry>()
  readonly #systems = new Map<number, Entry>()
  readonly #countries = new Map<string, Entry>()
  readonly #accounts = new Map<string, Entry>()

  constructor(whereIs: ((address: string) => Whereabouts) | undefined) {
    this.#whereIs = whereIs
  }

  add(entry: Entry): void {
    const { kind, value } = entry.decision.target
    if (kind === 'address') this.#addresses.add(addressOf(value), sourceLength(value), entry)
    else if (kind === 'network') {
      const network = networkOf(value)
      if (network !== undefined) this.#networks.add(network.address, network.length, entry)
    } else if (kind === 'socket') {
      const { address, port } = socketOf(value)
      const ports = this.#sockets.get(address) ?? new Map<number, Entry>()
      ports.set(port, entry)
      this.#sockets.set(address, ports)
    } else if (kind === 'flow') this.#flows.set(value, entry)
    else if (kind === 'as') this.#systems.set(systemOf(value), entry)
    else if (kind === 'country') this.#countries.set(value.toUpperCase(), entry)
    else this.#accounts.set(accountOf(value), entry)
  }

  delete({ kind, value }: Target): void {
    if (kind === 'address') this.#addresses.delete(addressOf(value), sourceLength(value))
    else if (kind === 'network') {
      const network = networkOf(value)
      if (network !== undefined) this.#networks.delete(network.address, network.length)
    } else if (kind === 'socket') {
      const { address, port } = socketOf(value)
      const ports = this.#sockets.get(address)
      ports?.delete(port)
      if (ports?.size === 0) this.#sockets.delete(address)
    } else if (kind === 'flow') this.#flows.delete(value)
    else if (kind === 'as') this.#systems.delete(systemOf(value))
    else if (kind === 'country') this.#countries.delete(value.toUpperCase())
    else this.#accounts.delete(accountOf(value))
  }

  /** The narrowest that is accepted. */
  find({ address, port, proven, flowId }: AskedSource, accepts: (entry: Entry) => boolean): Entry | undefined {
    if (!proven) {
      const socket = this.#sockets.get(address)?.get(port)
      if (socket !== undefined && accepts(socket)) return socket
    } else if (flowId !== undefined) {
      const flow = this.#flows.get(flowId)
      if (flow !== undefined && accepts(flow)) return flow
    }
    return this.findSource(address, accepts)
  }

  /** Whatever port and connection it comes from. */
  findSource(address: string, accepts: (entry: Entry) => boolean): Entry | undefined {
    return (
      this.#addresses.find(address, accepts) ??
      this.#networks.find(address, accepts) ??
      this.#findWide(address, accepts)
    )
  }

  #findWide(address: string, accepts: (entry: Entry) => boolean): Entry | undefined {
    if (this.#systems.size === 0 && this.#countries.size === 0) return undefined
    const where = this.#whereIs?.(address)
    if (where === undefined) return undefined
    const system = where.as === undefined ? undefined : this.#systems.get(where.as)
    if (system !== undefined && accepts(system)) return system
    const country = where.country === undefined ? undefined : this.#countries.get(where.country)
    return country !== undefined && accepts(country) ? country : undefined
  }

  account(username: string): Entry | undefined {
    return this.#accounts.get(accountOf(username))
  }

  /** Everything that speaks about an address, the narrowest first. */
  about(address: string): readonly Entry[] {
    const found = [...(this.#sockets.get(normaliseAddress(address))?.values() ?? [])]
    const collect = (entry: Entry): boolean => {
      found.push(entry)
      return false
    }
    this.findSource(address, collect)
    return found
  }
}

/** An IPv6 source is its /64. */
function sourceLength(value: string): number {
  return addressOf(value).includes(':') ? 64 : 32
}

function systemOf(value: string): number {
  return Number(/^(?:AS)?(\d+)$/i.exec(value)?.[1] ?? -1)
}
