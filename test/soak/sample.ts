/** What a running server holds, asked through its debugger, its control socket and /proc. */
import type { HeldState } from '../../src/api/operations.ts'
import type { Inside } from '../faults/inside.ts'
import { listDescriptors, residentMemory, usedPorts } from '../support/process-figures.ts'
import { accepted, type Ringfence } from '../support/ringfence.ts'

/** For `startRingfence`: a debugger on loopback, and a garbage collector that can be called. */
export const MEASURABLE = { environment: { NODE_OPTIONS: '--inspect=127.0.0.1:0 --expose-gc' } }

export interface Sample extends Readonly<Record<string, number>> {
  /** Seconds since the start. */
  readonly at: number
  /** Bytes in use after a full collection. */
  readonly heap: number
  readonly external: number
  readonly rss: number
  readonly descriptors: number
  readonly ports: number
  readonly nodeTimers: number
  readonly resources: number
  readonly calls: number
  readonly registrations: number
}

interface Inner {
  readonly heap: number
  readonly external: number
  readonly resources: Readonly<Record<string, number>>
}

const INNER = `(() => { gc(); const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  const resources = {}
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1
  return { heap: heapUsed, external, resources } })()`

export async function takeSample(system: Ringfence, inside: Inside, at: number): Promise<Sample> {
  const inner = (await inside.main(INNER)) as Inner
  const status = accepted(await (await system.operations()).status())
  const pid = system.process.pid
  const { Timeout = 0, ...others } = inner.resources
  const held = status.held as HeldState & Readonly<Record<string, number>>
  return {
    at,
    heap: inner.heap,
    external: inner.external,
    rss: residentMemory(pid),
    descriptors: listDescriptors(pid).length,
    ports: usedPorts([pid]).length,
    nodeTimers: Timeout,
    resources: Object.values(others).reduce((sum, count) => sum + count, 0),
    calls: status.liveCalls,
    registrations: status.registrations,
    ...Object.fromEntries(Object.entries(held).filter(([, value]) => typeof value === 'number')),
  }
}
