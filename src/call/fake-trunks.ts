/** Trunks by hand: each has a flow, a health, and room. */
import type { OrganisationId, TrunkId } from '../base/ids.ts'
import type { Trunk } from '../directory/trunk.ts'
import type { HeaderPair } from '../sip/message/build.ts'
import type { Flow } from '../sip/transport/types.ts'
import type { TrunkReached, TrunkService, TrunkSlot, TrunkStatus, TrunkTest } from '../trunk/types.ts'

export interface FakeTrunk {
  readonly trunk: Trunk
  flow: Flow
  /** What `reach` says; undefined: its flow. */
  failure: TrunkReached | undefined
  room: number
  live: number
}

export class FakeTrunks implements TrunkService {
  readonly list: FakeTrunk[] = []
  readonly outcomes: string[] = []

  add(trunk: Trunk, flow: Flow): FakeTrunk {
    const fake: FakeTrunk = { trunk, flow, failure: undefined, room: Number.POSITIVE_INFINITY, live: 0 }
    this.list.push(fake)
    return fake
  }

  start(): void {}
  async stop(): Promise<void> {}
  changed(): void {}

  candidates(organisationId: OrganisationId, purpose: 'call' | 'emergency'): readonly Trunk[] {
    return this.list
      .map(({ trunk }) => trunk)
      .filter(trunk => trunk.organisationId === organisationId && trunk.purpose === 'provider')
      .filter(trunk => purpose === 'emergency' || trunk.state === 'enabled')
      .toSorted((a, b) => a.priority - b.priority)
  }

  reserve(trunkId: TrunkId, purpose: 'call' | 'emergency'): TrunkSlot | undefined {
    const fake = this.#find(trunkId)
    if (fake === undefined || (purpose === 'call' && fake.live >= fake.room)) return undefined
    fake.live++
    let held = true
    return {
      release() {
        if (held) fake.live--
        held = false
      },
    }
  }

  async reach(trunk: Trunk): Promise<TrunkReached> {
    const fake = this.#find(trunk.id)
    if (fake?.failure !== undefined) return fake.failure
    if (fake === undefined) return { ok: false, error: { failure: 'unreachable', message: 'unknown' } }
    return { ok: true, path: { flow: fake.flow, host: trunk.host, port: undefined, routes: [] } }
  }

  openFlow(trunkId: TrunkId): Flow | undefined {
    return this.#find(trunkId)?.flow
  }

  trunkOf(flow: Flow): Trunk | undefined {
    return this.list.find(fake => fake.flow.id === flow.id)?.trunk
  }

  isTrunkAddress(address: string): boolean {
    return this.list.some(({ flow }) => flow.remoteAddress === address)
  }

  addresses(): readonly string[] {
    return this.list.map(({ flow }) => flow.remoteAddress)
  }

  answer(): HeaderPair | undefined {
    return ['Proxy-Authorization', 'Digest username="account", realm="trunk", nonce="n", uri="sip:x", response="0"']
  }

  noteOutcome(trunkId: TrunkId, outcome: string): void {
    this.outcomes.push(`${this.#find(trunkId)?.trunk.name} ${outcome}`)
  }

  status(): TrunkStatus | undefined {
    return undefined
  }

  statuses(): readonly TrunkStatus[] {
    return []
  }

  async test(): Promise<TrunkTest> {
    return { ok: true, steps: [] }
  }

  #find(trunkId: TrunkId): FakeTrunk | undefined {
    return this.list.find(({ trunk }) => trunk.id === trunkId)
  }
}
