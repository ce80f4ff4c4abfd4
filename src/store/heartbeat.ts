/** Writes down every few seconds that this process lives: after a crash that is when its calls were last known to be up. */
import type { Clock, Timer } from '../base/clock.ts'
import type { NodeIdentity } from './call-record-repository.ts'
import type { Database } from './database.ts'

export const HEARTBEAT_INTERVAL = 5_000

export interface Heartbeat {
  /** Resolves when the first beat is durable. */
  start(): Promise<void>
  /** Stops, and forgets the node when it leaves no open call behind. */
  stop(): Promise<void>
}

const BEAT = `
  INSERT INTO nodes (id, home, started_at, last_seen) VALUES ($1, $2, $3, $3)
  ON CONFLICT (id) DO UPDATE SET last_seen = excluded.last_seen`
const LEAVE = 'DELETE FROM nodes WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM live_calls WHERE node_id = $1)'

export function createHeartbeat(
  database: Database,
  clock: Clock,
  node: NodeIdentity,
  interval = HEARTBEAT_INTERVAL,
): Heartbeat {
  let timer: Timer | undefined
  let beating: Promise<unknown> = Promise.resolve()
  let stopped = false
  const beat = (): Promise<unknown> => {
    beating = database.query({ text: BEAT, values: [node.id, node.home, Math.floor(clock.now())] })
    return beating
  }
  const again = (): void => {
    if (stopped) return
    timer = clock.schedule(interval, () => {
      // A beat that fails is an outage, which the database tells itself; the next one follows all the same.
      beat().then(again, again)
    })
  }
  return {
    async start() {
      await beat()
      again()
    },
    async stop() {
      stopped = true
      timer?.cancel()
      await beating.catch(() => undefined)
      if (database.available) await database.query({ text: LEAVE, values: [node.id] }).catch(() => undefined)
    },
  }
}
