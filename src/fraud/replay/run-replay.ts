/** A recording from its octets to its lines: what `ringfence fraud replay` prints. */
import { readCalls } from './read-calls.ts'
import { type CallOutcome, createReplay } from './replay.ts'
import type { ReplayWorldOptions } from './replay-world.ts'
import { replayReport } from './report.ts'
import { outcomeDocument, summaryDocument, Tally } from './tally.ts'

export interface RunReplayOptions extends ReplayWorldOptions {
  readonly calls: AsyncIterable<Uint8Array | string>
  /** One line of JSON for each call in the order of the file, then one for all; else a report. */
  readonly json: boolean
  /** Resolves when more may be written. */
  write(text: string): Promise<void> | void
}

/** Lines that are written at once. */
const BATCH = 1_000

/** Throws RecordingError where the recording is broken; what came before it has been written then. */
export async function runReplay(options: RunReplayOptions): Promise<Tally> {
  const { calls, json, write, organisation, policy } = options
  const replay = createReplay(options)
  const tally = new Tally()
  const waiting = new Map<number, CallOutcome>()
  let next = 0
  let lines: string[] = []
  const flush = async (): Promise<void> => {
    if (lines.length === 0) return
    await write(`${lines.join('\n')}\n`)
    lines = []
  }
  for await (const outcome of replay.outcomes(readCalls(calls, organisation.calling.schedule.timeZone))) {
    tally.add(outcome)
    if (!json) continue
    waiting.set(outcome.call.index, outcome)
    for (let ready = waiting.get(next); ready !== undefined; ready = waiting.get(next)) {
      waiting.delete(next++)
      lines.push(JSON.stringify(outcomeDocument(ready)))
    }
    if (lines.length >= BATCH) await flush()
  }
  await flush()
  if (json) await write(`${JSON.stringify(summaryDocument(tally, replay.suspended))}\n`)
  else await write(replayReport(tally, replay.suspended, policy.currency))
  return tally
}
