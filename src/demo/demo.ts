/** The demonstration: an invented office on a running system, alive within a minute, on data of its own. */
import type { Operations } from '../api/operations.ts'
import type { Clock } from '../base/clock.ts'
import { liveInOffice } from './life.ts'
import { furnishOffice } from './office.ts'
import { startDemoProvider } from './provider.ts'

export { DEMO_DOMAIN } from './office.ts'

export interface DemoOptions {
  readonly operations: Operations
  readonly sip: { readonly address: string; readonly port: number }
  readonly clock: Clock
  readonly tell: (text: string) => void
  /** Milliseconds until the thief comes; 25,000 by default. */
  readonly theftAfterMs?: number
}

export interface RunningDemo {
  stop(): Promise<void>
}

/** Throws what refused. Until `stop` it goes on: calls, scans, and once a thief. */
export async function startDemo({ operations, clock, ...options }: DemoOptions): Promise<RunningDemo> {
  const provider = await startDemoProvider(clock)
  try {
    const lines = await furnishOffice(operations, provider)
    const life = await liveInOffice({ ...options, lines, clock })
    return {
      async stop() {
        await life.stop()
        await provider.stop()
      },
    }
  } catch (error) {
    await provider.stop()
    throw error
  }
}
