/** Budget counters in the database: what comes at the same time is one statement, and each statement is made once only. */
import type { Clock, Timer } from '../../base/clock.ts'
import type { BudgetStore } from '../../fraud/budget/types.ts'
import type { Micros } from '../../fraud/rating/money.ts'
import type { Database } from '../database.ts'
import { StoreError } from '../errors.ts'
import type { GroupWriter } from '../group-writer.ts'
import { createGroupWriter } from '../group-writer.ts'
import {
  type Entry,
  isAcceptable,
  keyColumns,
  type Outcome,
  outcomesOf,
  type Refund,
  statementValues,
} from './budget-statement.ts'

/** Changes that wait at most. */
const CAPACITY = 50_000
const MAXIMUM_BATCH = 500
/** Milliseconds that what is given back waits for company; the next charge takes it along. */
const GATHER = 50
const DAY_MS = 86_400_000
/** Counters of older periods are of no use to anybody. */
const KEPT_DAYS = 100

interface Change {
  readonly entries: readonly Entry[]
  readonly refunds: readonly Refund[]
  outcomes: readonly Outcome[] | undefined
  /** It is in the database. */
  done: boolean
}

interface Attempt {
  readonly turn: number
  readonly changes: readonly Change[]
}

export interface StoredBudgets extends BudgetStore {
  readonly writer: Pick<GroupWriter<Change>, 'size' | 'resume' | 'refuseUrgent' | 'flush' | 'stop'>
}

const CHANGE = `SELECT change_budgets($1::uuid, $2::bigint, $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bigint[],
  $8::integer[], $9::integer[], $10::bigint[], $11::bigint[]) AS result`
/** Leaves a gap that no statement of an earlier process reaches, should one still be on its way. */
const TAKE_OVER = `
  INSERT INTO budget_writers (home, number, result) VALUES ($1, 0, '{}')
  ON CONFLICT (home) DO UPDATE SET number = budget_writers.number + 1000, result = '{}' RETURNING number`
const CHARGED = `
  SELECT coalesce(counter.charged, 0) AS charged
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY
    AS item (organisation_id, period, scope, subject, position)
  LEFT JOIN budget_counters AS counter USING (organisation_id, period, scope, subject) ORDER BY item.position`
const FORGET = 'DELETE FROM budget_counters WHERE period < $1'

/** `home`: the data folder, which one process at a time has. */
export async function createStoredBudgets(database: Database, clock: Clock, home: string): Promise<StoredBudgets> {
  const write = await createTurns(database, home)
  const writer = createGroupWriter<Change>({
    clock,
    capacity: CAPACITY,
    maximumBatch: MAXIMUM_BATCH,
    gather: GATHER,
    urgentGather: 0,
    available: () => database.available,
    write,
  })
  const stopForgetting = forgetDaily(database, clock)
  return {
    writer: {
      get size() {
        return writer.size
      },
      resume: () => writer.resume(),
      refuseUrgent: () => writer.refuseUrgent(),
      flush: () => writer.flush(),
      stop() {
        stopForgetting()
        writer.stop()
      },
    },
    async charge(entries) {
      if (!entries.every(entry => entry.every(isAcceptable))) return refuse()
      const change: Change = { entries, refunds: [], outcomes: undefined, done: false }
      await writer.add(change, true)
      return change.outcomes ?? refuse()
    },
    refund(refunds) {
      if (!refunds.every(isAcceptable)) return refuse()
      return writer.add({ entries: [], refunds, outcomes: undefined, done: false })
    },
    async charged(keys) {
      const rows = await database.query({ text: CHARGED, values: [...keyColumns(keys)] })
      return rows.map(row => Number(row['charged']) as Micros)
    },
  }
}

function refuse(): Promise<never> {
  return Promise.reject(new StoreError('STORE_WRITE_REFUSED', 'a budget without proper identifiers or amounts'))
}

/**
 * Each statement has a turn. When the answer to one is lost, its turn is asked about before anything else is written: what it gave back
 * is not given back twice, and what it charged to calls that were refused meanwhile is given back.
 */
async function createTurns(database: Database, home: string): Promise<(batch: readonly Change[]) => Promise<void>> {
  const takeOver = async (): Promise<number> => {
    const [row] = await database.query({ text: TAKE_OVER, values: [home] })
    return Number(row!['number'])
  }
  let last = await takeOver()
  let uncertain: Attempt | undefined
  /** Charged to nobody. */
  let owed: readonly Change[] = []

  /** Undefined: not our turn any more, because somebody else used our row. */
  async function take(turn: number, changes: readonly Change[]): Promise<readonly number[] | undefined> {
    const entries = changes.flatMap(change => change.entries)
    const values = statementValues(
      entries,
      changes.flatMap(change => change.refunds),
    )
    const [row] = await database.query({ name: 'change-budgets', text: CHANGE, values: [home, turn, ...values] })
    return (row!['result'] as readonly string[] | null)?.map(Number)
  }

  async function settle({ turn, changes }: Attempt): Promise<void> {
    const result = await take(turn, [])
    uncertain = undefined
    if (result === undefined) last = await takeOver()
    else last = turn
    // Nobody knows: then it stays charged.
    const committed = result === undefined || result[0]! > 0
    if (!committed) return
    for (const change of changes) change.done = true
    if (result !== undefined) owed = [...owed, ...givenBack(changes, result)]
  }

  return async batch => {
    if (uncertain !== undefined) await settle(uncertain)
    owed = owed.filter(change => !change.done)
    const changes = [...owed, ...batch.filter(change => !change.done)]
    if (changes.length === 0) return
    uncertain = { turn: last + 1, changes }
    const result = await take(last + 1, changes).catch((error: unknown) => {
      if (error instanceof StoreError && error.code === 'STORE_WRITE_REFUSED') uncertain = undefined
      throw error
    })
    uncertain = undefined
    if (result === undefined) {
      last = await takeOver()
      throw new StoreError('STORE_WRITE_REFUSED', 'another process writes the budgets of this data folder')
    }
    last++
    tell(changes, result)
  }
}

function tell(changes: readonly Change[], result: readonly number[]): void {
  const outcomes = outcomesOf(
    changes.flatMap(change => change.entries),
    result,
  )
  let next = 0
  for (const change of changes) {
    change.done = true
    change.outcomes = outcomes.slice(next, next + change.entries.length)
    next += change.entries.length
  }
}

function givenBack(changes: readonly Change[], result: readonly number[]): readonly Change[] {
  const entries = changes.flatMap(change => change.entries)
  const outcomes = outcomesOf(entries, result)
  const refunds = entries.flatMap((entry, index) => (outcomes[index]!.granted ? entry : []))
  return refunds.length === 0 ? [] : [{ entries: [], refunds, outcomes: undefined, done: false }]
}

function forgetDaily(database: Database, clock: Clock): () => void {
  let timer: Timer | undefined
  const forget = (): void => {
    const before = new Date(clock.now() - KEPT_DAYS * DAY_MS).toISOString().slice(0, 10)
    timer = clock.schedule(DAY_MS, forget)
    database.query({ text: FORGET, values: [before] }).catch(() => undefined)
  }
  forget()
  return () => timer?.cancel()
}
