/** The connections to PostgreSQL, and whether it is there: one outage is told once, and found over by trying. */
import pg from 'pg'
import type { Clock, Timer } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { messageOf, StoreError } from './errors.ts'
import { isOutage, isTooLong } from './outage.ts'

export type Row = Readonly<Record<string, unknown>>

/** `name` makes it a prepared statement of a writer, planned once for each connection. */
export interface Statement {
  readonly name?: string
  readonly text: string
  readonly values?: readonly unknown[]
}

export interface Transaction {
  query(statement: Statement): Promise<readonly Row[]>
}

export interface Database extends Transaction {
  readonly available: boolean
  /** Rejects with StoreError: `STORE_UNAVAILABLE`, or `STORE_WRITE_REFUSED` when the statement is at fault. */
  query(statement: Statement): Promise<readonly Row[]>
  /**
   * A question whose answer may take long (the log's). It waits for no other work and no other work waits for it; what takes
   * longer than a statement may rejects with `STORE_QUERY_TOO_LONG`, and is not taken for an outage.
   */
  read(statement: Statement): Promise<readonly Row[]>
  /** All of `run`'s statements or none. */
  transaction<T>(run: (transaction: Transaction) => Promise<T>): Promise<T>
  /** Told on each change, at once. */
  onAvailability(listener: (available: boolean, detail: string) => void): void
  /** During an outage: tries now instead of at the next turn. */
  retryNow(): void
  close(): Promise<void>
}

export interface DatabaseOptions {
  readonly connection: pg.PoolConfig
  readonly clock: Clock
  readonly logger: Logger
  /** Milliseconds after which a statement counts as an outage. Default 10,000. */
  readonly statementTimeout?: number | undefined
}

/** Whoever is away on this machine is refused at once; a busy machine needs longer to let somebody in. Milliseconds. */
const CONNECTION_TIMEOUT = 10_000

/** Milliseconds. What fails again before it was well for a while (a full disk answers questions) is tried ever more slowly. */
const RETRY = { first: 50, last: 2_000, wellAfter: 5_000 }

const TOO_LONG = 'this question takes too long to answer, or too many are asked: ask for less time or fewer fields'

export function createDatabase(options: DatabaseOptions): Database {
  const statementTimeout = options.statementTimeout ?? 10_000
  const common = {
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: CONNECTION_TIMEOUT,
    application_name: 'ringfence',
    query_timeout: statementTimeout,
    ...options.connection,
  }
  // Apart from each other: a long answer to an operator must not hold up a call's record. The batches of the writers
  // differ in nothing that a plan depends on, so theirs are never planned twice.
  const writers = new pg.Pool({ ...common, max: 3, options: '-c plan_cache_mode=force_generic_plan' })
  const others = new pg.Pool({ ...common, max: 3 })
  // The server ends what takes too long by itself, before we would take it for one that is away.
  const readers = new pg.Pool({
    ...common,
    query_timeout: statementTimeout * 2,
    max: 2,
    statement_timeout: statementTimeout,
  })
  const watch = createAvailability(options, writers)
  for (const pool of [writers, others, readers]) pool.on('error', error => watch.failed(error))
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!watch.available) throw new StoreError('STORE_UNAVAILABLE', 'the database is not available')
    try {
      return await work()
    } catch (error) {
      throw watch.failed(error)
    }
  }
  const read = (statement: Statement): Promise<readonly Row[]> =>
    run(readers, statement).catch(error => {
      throw isTooLong(error) ? new StoreError('STORE_QUERY_TOO_LONG', TOO_LONG, { cause: error }) : error
    })
  return {
    get available() {
      return watch.available
    },
    query: statement => guarded(() => run(statement.name === undefined ? others : writers, statement)),
    read: statement => guarded(() => read(statement)),
    transaction: work => guarded(() => inTransaction(others, work)),
    onAvailability: watch.listen,
    retryNow: watch.retryNow,
    async close() {
      watch.stop()
      await Promise.all([writers, others, readers].map(pool => pool.end()))
    },
  }
}

async function run(client: pg.Pool | pg.PoolClient, statement: Statement): Promise<readonly Row[]> {
  const { rows } = await client.query(statement as pg.QueryConfig)
  return rows as Row[]
}

async function inTransaction<T>(pool: pg.Pool, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  const onError = (error: Error): void => {
    broken = error
  }
  client.on('error', onError)
  try {
    await client.query('BEGIN')
    const result = await work({ query: statement => run(client, statement) })
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch((failure: Error) => {
      broken = failure
    })
    throw error
  } finally {
    client.off('error', onError)
    client.release(broken)
  }
}

interface Availability {
  readonly available: boolean
  /** Records an outage where `error` is one; gives the error to hand on. */
  failed(error: unknown): StoreError
  listen(listener: (available: boolean, detail: string) => void): void
  retryNow(): void
  stop(): void
}

function createAvailability({ clock, logger }: DatabaseOptions, pool: pg.Pool): Availability {
  const listeners: ((available: boolean, detail: string) => void)[] = []
  let available = true
  let stopped = false
  let timer: Timer | undefined
  let delay = RETRY.first
  let recoveredAt = Number.NEGATIVE_INFINITY
  const tell = (detail: string): void => {
    for (const listener of listeners) listener(available, detail)
  }
  const probe = (): void => {
    timer = undefined
    pool.query('SELECT 1').then(recovered, later)
  }
  const later = (): void => {
    if (stopped) return
    timer = clock.schedule(delay, probe)
    delay = Math.min(delay * 2, RETRY.last)
  }
  const recovered = (): void => {
    if (stopped) return
    available = true
    recoveredAt = clock.monotonic()
    logger.info({}, 'the database is available again')
    tell('')
  }
  return {
    get available() {
      return available
    },
    failed(error) {
      if (error instanceof StoreError) return error
      const detail = messageOf(error)
      if (!isOutage(error)) return new StoreError('STORE_WRITE_REFUSED', detail, { cause: error })
      if (available && !stopped) {
        available = false
        if (clock.monotonic() - recoveredAt > RETRY.wellAfter) delay = RETRY.first
        logger.error({ detail }, 'the database is not available')
        tell(detail)
        later()
      }
      return new StoreError('STORE_UNAVAILABLE', `the database is not available: ${detail}`, { cause: error })
    },
    listen: listener => void listeners.push(listener),
    retryNow() {
      if (available || stopped || timer === undefined) return
      timer.cancel()
      probe()
    },
    stop() {
      stopped = true
      timer?.cancel()
    },
  }
}
