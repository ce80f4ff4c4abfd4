/** Bans in the kernel, too, where we may: the table of sources mirrored into nftables. */
import { createKernelBans } from '../guard/kernel/kernel-bans.ts'
import type { KernelBans, KernelStatus } from '../guard/kernel/types.ts'
import type { SourceGuard } from '../guard/source-guard.ts'
import type { SourceDecision } from '../guard/sources/types.ts'
import type { Listener } from '../sip/transport/types.ts'
import type { Core } from './core.ts'

/** Another system on the same machine has another port, and a table of its own. */
const USUAL_PORT = 5061

export interface FirewallKernel {
  readonly status: Pick<KernelStatus, 'state' | 'detail'>
  placed(decision: SourceDecision): void
  removed(decision: SourceDecision): void
  /** Once the ports are known. */
  start(guard: SourceGuard, listeners: () => readonly Listener[], isSpared: (address: string) => boolean): Promise<void>
  stop(): Promise<void>
}

export function createFirewallKernel({ clock, bus, configuration }: Core): FirewallKernel {
  const { sipTlsPort, firewall } = configuration
  // A port that is another one at each start is a trial's, and leaves nothing behind in the kernel.
  const isWanted = firewall.kernel === 'auto' && sipTlsPort !== 0
  const whyOff = firewall.kernel === 'auto' ? 'the port is any that is free' : 'firewall.kernel is off'
  let bans: KernelBans | undefined
  let told = ''
  let unsubscribe = (): void => {}
  return {
    get status() {
      return bans?.status ?? { state: 'off', detail: whyOff }
    },
    placed: decision => bans?.placed(decision),
    removed: decision => bans?.removed(decision),
    async start(guard, listeners, isSpared) {
      if (!isWanted) return
      const portsOf = (isUdp: boolean): readonly number[] => [
        ...new Set(
          listeners()
            .filter(({ protocol }) => (protocol === 'UDP') === isUdp)
            .map(({ port }) => port),
        ),
      ]
      const kernel = createKernelBans({
        clock,
        now: () => guard.now(),
        table: sipTlsPort === USUAL_PORT ? 'ringfence' : `ringfence_${sipTlsPort}`,
        ports: { udp: portsOf(true), tcp: portsOf(false) },
        isSpared,
        decisions: () => guard.sources.list(guard.now()),
        onStatus({ state, detail }) {
          if (state === told) return
          told = state
          bus.publish('firewall.kernel', { state, detail })
        },
      })
      bans = kernel
      unsubscribe = bus.subscribe(event => {
        if (event.type === 'registration.accepted') kernel.spare(event.data.source.address)
      })
      await kernel.start()
    },
    async stop() {
      unsubscribe()
      await bans?.stop()
    },
  }
}
