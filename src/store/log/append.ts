/** Writes batches: sealed here, ordered and chained where all nodes meet. */
import type { Clock } from '../../base/clock.ts'
import type { RingfenceEvent } from '../../events/catalogue.ts'
import { splitEvent } from '../../events/chain/document.ts'
import { EVENT_OUTCOME } from '../../events/common-fields.ts'
import { classOf, EVENT_CLASSES } from '../../events/event-class.ts'
import { SEVERITIES } from '../../events/query/fields.ts'
import { isUuid, tokenArray } from '../columns.ts'
import type { Database } from '../database.ts'
import { StoreError } from '../errors.ts'
import { monthOf, type Partitions } from './partitions.ts'
import { sealEvent } from './sealed-row.ts'
import type { LogSecrets } from './secrets.ts'
import type { SubjectKeys } from './subject-keys.ts'
import { tokensOf } from './tokens.ts'

export const OUTCOMES = ['success', 'failure', 'unknown'] as const

/** The row of this writer decides: a batch is taken once, and one of an earlier process not any more. */
const APPEND = 'SELECT append_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) AS batch'

/** Leaves a gap that no batch of an earlier process reaches, should one still be on its way. */
const TAKE_OVER = `
  INSERT INTO event_writers (home, batch) VALUES ($1, 0)
  ON CONFLICT (home) DO UPDATE SET batch = event_writers.batch + 1000 RETURNING batch`

export interface AppendParts {
  readonly database: Database
  readonly clock: Clock
  /** The data folder, which one process at a time has. */
  readonly home: string
  readonly secrets: LogSecrets
  readonly keys: SubjectKeys
  readonly partitions: Partitions
}

/** `month`: of the writing, where it is not now. */
export type WriteBatch = (batch: readonly RingfenceEvent[], again: boolean, month?: number) => Promise<void>

export async function createBatchWriter(parts: AppendParts): Promise<WriteBatch> {
  const { database, clock, home, keys, partitions } = parts
  const takeOver = async (): Promise<number> => {
    const [row] = await database.query({ text: TAKE_OVER, values: [home] })
    return Number(row!['batch'])
  }
  let last = await takeOver()
  return async (batch, again, month = monthOf(clock.now())) => {
    await partitions.ensure(month)
    const append = async (): Promise<boolean> => {
      for (;;) {
        const columns = await columnsOf(parts, batch)
        const values = [home, last, keys.epoch, month, ...columns]
        const [taken] = await database.query({ name: 'append-events', text: APPEND, values })
        if (taken === undefined) return false
        if (Number(taken['batch']) !== -1) return true
        await keys.refresh()
      }
    }
    // Not taken: an attempt whose answer was lost had been committed. Otherwise a stranger used our row.
    if (!(await append()) && !again) {
      last = await takeOver()
      await append()
    }
    last++
  }
}

export function isAcceptable(event: RingfenceEvent): boolean {
  const organisation = event.organisationId
  return (
    Number.isSafeInteger(event.at) &&
    /^[a-z.-]{1,64}$/.test(event.type) &&
    isUuid(event.id) &&
    SEVERITIES.includes(event.severity) &&
    (organisation === undefined || isUuid(organisation))
  )
}

async function columnsOf(
  { secrets, keys }: AppendParts,
  batch: readonly RingfenceEvent[],
): Promise<readonly unknown[]> {
  const splits = batch.map(splitEvent)
  const subjects = new Set(splits.flatMap(split => split.parts.map(part => part.subject)))
  const known = await keys.forSubjects(subjects)
  if (known.size < subjects.size) throw new StoreError('STORE_UNAVAILABLE', 'a key of the log was destroyed meanwhile')
  const rows = batch.map((event, index) => sealEvent(event, splits[index]!, known))
  return [
    tokenArray(batch.map(event => event.at)),
    tokenArray(batch.map(event => event.organisationId)),
    tokenArray(batch.map(event => EVENT_CLASSES.indexOf(classOf(event.type)) + 1)),
    tokenArray(batch.map(event => SEVERITIES.indexOf(event.severity))),
    tokenArray(batch.map(event => outcomeOf(event))),
    tokenArray(batch.map(event => event.type)),
    rows.map(row => row.document).join('\n'),
    rows.map(row => row.sealed).join('\n'),
    batch.map(event => tokenList(tokensOf(event, secrets.token))).join('\n'),
  ]
}

function outcomeOf(event: RingfenceEvent): number {
  return Object.hasOwn(EVENT_OUTCOME, event.type) ? OUTCOMES.indexOf(EVENT_OUTCOME[event.type]) : 2
}

function tokenList(tokens: readonly (bigint | undefined)[]): string {
  return `{${tokens.map(token => token ?? 'NULL').join(',')}}`
}
