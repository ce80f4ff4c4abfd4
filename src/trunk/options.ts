/** What the trunk service is made of, and its times. */
import type { Clock } from '../base/clock.ts'
import type { TrunkId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import type { OutsideReader } from '../directory/outside-reader.ts'
import type { Trunk } from '../directory/trunk.ts'
import type { EventPublisher } from '../events/bus.ts'
import type { TransactionLayer } from '../sip/transaction/types.ts'
import type { Flow, Transport } from '../sip/transport/types.ts'

export type TrunkTransportLayer = Pick<
  Transport,
  'connect' | 'resolve' | 'flow' | 'send' | 'keepAlive' | 'close' | 'onFlowClosed'
>

export interface TrunkServiceOptions {
  readonly clock: Clock
  readonly transport: TrunkTransportLayer
  readonly transactions: Pick<TransactionLayer, 'send'>
  readonly directory: Pick<OutsideReader, 'trunk' | 'trunks' | 'allTrunks' | 'ownedNumber'>
  readonly events: EventPublisher
  readonly logger: Logger
  /** A uniform integer in [0, bound). */
  readonly random: (bound: number) => number
  /** The value of our Contact on this flow: `<sip:192.0.2.1:5061;transport=tls>`. */
  readonly contactFor: (flow: Flow) => string
  /** The order in which trunks are tried: healthy ones first, by priority, at random by weight (`routing/trunk-order.ts`). */
  readonly orderTrunks: TrunkOrder
  /** A device of ours is registered over this flow: it is never a trunk's, whatever its address. Default: none is. */
  readonly isDeviceFlow?: ((flowId: string) => boolean) | undefined
  readonly timing?: Partial<TrunkTiming> | undefined
}

export type TrunkOrder = <T extends { readonly trunk: Trunk; readonly healthy: boolean }>(
  candidates: readonly T[],
  random: () => number,
) => readonly T[]

/** Milliseconds unless said. */
export interface TrunkTiming {
  /** Seconds asked of a registrar. Default 600. */
  readonly expires: number
  /** Between two OPTIONS of a trunk that is up. Default 30,000. */
  readonly probe: number
  /** Between two attempts to find a trunk that is down: first, and longest. Default 2,000 and 10,000. */
  readonly probeDown: number
  readonly probeDownLongest: number
  /** For an answer to OPTIONS, and to REGISTER. Default 4,000 and 8,000. */
  readonly probeAnswer: number
  readonly registerAnswer: number
  /** After a failed registration (RFC 5626 §4.5): first, and longest. Default 1,000 and 300,000. */
  readonly retry: number
  readonly retryLongest: number
  /** After wrong credentials, so that the provider does not ban us: first, and longest. Default 300,000 and 3,600,000. */
  readonly refusedRetry: number
  readonly refusedRetryLongest: number
  /** Default of `reach`. 3,000. */
  readonly reach: number
  /** For the answers to what is said at the end. Default 2,000. */
  readonly stop: number
  /** A trunk that lets call after call down, though it answers OPTIONS, is tried last for so long. Default 30,000. */
  readonly demoted: number
}

export const DEFAULT_TIMING: TrunkTiming = {
  expires: 600,
  probe: 30_000,
  probeDown: 2_000,
  probeDownLongest: 10_000,
  probeAnswer: 4_000,
  registerAnswer: 8_000,
  retry: 1_000,
  retryLongest: 300_000,
  refusedRetry: 300_000,
  refusedRetryLongest: 3_600_000,
  reach: 3_000,
  stop: 2_000,
  demoted: 30_000,
}

/** What the parts of one service share. */
export interface TrunkContext extends Omit<TrunkServiceOptions, 'timing'> {
  readonly timing: TrunkTiming
  /** A flow leads to this trunk: its requests are the trunk's. */
  claim(flow: Flow, trunkId: TrunkId): void
  /** The DNS named addresses of a trunk. */
  located(): void
}

/** Between half of `milliseconds` and all of it. */
export function jittered(milliseconds: number, random: (bound: number) => number): number {
  const half = Math.floor(milliseconds / 2)
  return half + random(Math.max(1, milliseconds - half))
}
