/** Records on their way to the store: the answer is waited for, the end is never lost while the process lives. */
import { BoundedQueue } from '../base/bounded.ts'
import type { Clock, Timer } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { CallRecord, CallRecordRepository } from './call-record.ts'

export interface RecordWriter {
  /** The start of a call: worth writing, but nobody waits for it; its answer or end writes it again. */
  started(record: CallRecord): void
  /** Durable when resolved; rejects when the store is gone. */
  answered(record: CallRecord): Promise<void>
  /** Tried again until it is durable; at most `MAXIMUM_WAITING_ENDS` wait, then the oldest is given up and logged. */
  ended(record: CallRecord): void
  /** Ends that are not durable yet. */
  readonly waiting: number
  /** Tries what waits once more and stops. */
  stop(): Promise<void>
}

export const MAXIMUM_WAITING_ENDS = 20_000
const RETRY_MS = 1_000
/** Written at once when the store is back. */
const RETRY_BATCH = 500

export function createRecordWriter(records: CallRecordRepository, clock: Clock, logger: Logger): RecordWriter {
  const queue = new BoundedQueue<CallRecord>(MAXIMUM_WAITING_ENDS)
  const underway = new Set<Promise<void>>()
  let retry: Timer | undefined
  let stopped = false

  function write(record: CallRecord): void {
    const written = records.save(record).then(
      () => undefined,
      (error: unknown) => keep(record, error),
    )
    underway.add(written)
    void written.finally(() => underway.delete(written))
  }

  function keep(record: CallRecord, error: unknown): void {
    if (stopped) {
      logger.error({ call: record.id, detail: String(error) }, 'the end of a call could not be written')
      return
    }
    if (!queue.push(record)) {
      const oldest = queue.shift()
      logger.error({ call: oldest?.id }, 'too many ends of calls wait for the store: the oldest is given up')
      queue.push(record)
    }
    retry ??= clock.schedule(RETRY_MS, flush)
  }

  function flush(): void {
    retry = undefined
    for (const record of queue.take(RETRY_BATCH)) write(record)
    if (queue.size > 0) retry = clock.schedule(RETRY_MS, flush)
  }

  return {
    started(record) {
      records.save(record).catch((error: unknown) => {
        logger.warn({ call: record.id, detail: String(error) }, 'the start of a call was not written')
      })
    },
    answered: record => records.save(record),
    ended: write,
    get waiting() {
      return queue.size + underway.size
    },
    async stop() {
      stopped = true
      retry?.cancel()
      for (const record of queue.take(queue.size)) write(record)
      await Promise.all(underway)
    },
  }
}
