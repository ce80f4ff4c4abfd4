/** What a single transaction needs of the layer that holds it. */
import type { Flow, Transport } from '../transport/types.ts'
import type { InviteClientInput } from './invite-client-machine.ts'
import type { InviteServerInput } from './invite-server-machine.ts'
import type { NonInviteClientInput } from './non-invite-client-machine.ts'
import type { NonInviteServerInput } from './non-invite-server-machine.ts'
import type { TimerLists } from './timer-lists.ts'
import type { TimerValues } from './timers.ts'
import type { TransactionUser } from './types.ts'

type Input = InviteClientInput | InviteServerInput | NonInviteClientInput | NonInviteServerInput

/** A timer is named by the input that it becomes. */
export type TransactionTimer = Extract<Input, `timer-${string}`> | 'timer-cancelled'

/** Something that has to know when its flow closes. */
export interface FlowDependent {
  onFlowClosed(): void
}

/** A server transaction as the table of merged requests sees it. */
export interface Mergeable {
  readonly id: string
  /** Undefined where merged requests are not looked for. */
  mergedKey: string | undefined
}

export interface TransactionHost {
  readonly transport: Transport
  readonly timers: TimerLists<TransactionTimer>
  readonly values: TimerValues
  readonly user: TransactionUser
  /** Tells `dependent` when the flow closes; UDP flows never do. */
  watch(flow: Flow, dependent: FlowDependent): void
  unwatch(flow: Flow, dependent: FlowDependent): void
  /** Runs what happens by itself (after a promise, in a microtask): what the user throws is reported, not lost. */
  guard(run: () => void): void
}
