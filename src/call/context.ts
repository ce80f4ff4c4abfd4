/** What every operation of this room is given. */
import type { CallServiceOptions, CallLimits } from './options.ts'
import type { Call } from './call.ts'
import type { CallRule } from './errors.ts'
import type { CallTable } from './call-table.ts'
import type { RecordWriter } from './record-writer.ts'

export interface CallContext extends CallServiceOptions {
  readonly limits: CallLimits
  readonly table: CallTable
  readonly recordWriter: RecordWriter
  /** Media bridges that are being closed: `stop` waits for them. */
  readonly closing: Set<Promise<unknown>>
  /** Calls that wait, by organisation and slot: at most as many as there are calls. */
  readonly parked: Map<string, Call>
  /** A call ended, and its record is on its way: `drain` listens. */
  onFinished(): void
  /** The system is about to stop: no new calls. */
  draining(): boolean
  /** True now and then, so that what strangers can cause is told of without a flood. */
  mayTell(rule: CallRule): boolean
}

/** Runs what must not take the caller with it; a failure is ours, and logged. */
export function inBackground(context: CallContext, what: string, work: Promise<unknown>): void {
  work.catch((error: unknown) => {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
    context.logger.error({ detail }, `call: ${what} failed`)
  })
}
