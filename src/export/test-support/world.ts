/** A log, a receiver and a repository in memory, which fail when a test wants it. */
import { newId } from '../../base/ids.ts'
import { fail, ok, type Result } from '../../base/result.ts'
import { Secret } from '../../base/secret.ts'
import type { RingfenceEvent } from '../../events/catalogue.ts'
import type { EventLog, EventQuery, LoggedEvent } from '../../events/event-log.ts'
import type { ExportProgress, ExportRepository, StoredExport } from '../repository.ts'
import type { ExportDestination, ExportSettings, SendFailure, Sender, Sent } from '../types.ts'

export interface MemoryLog extends EventLog {
  readonly events: LoggedEvent[]
  /** Forgets what is not newer than this position. */
  forget(position: number): void
  away: boolean
  queries: number
}

export function anEvent(detail: string, at = Date.now()): RingfenceEvent {
  const data = { detail }
  return {
    id: newId<'EventId'>(at),
    type: 'store.unavailable',
    at,
    severity: 'critical',
    organisationId: undefined,
    data,
  }
}

export function createMemoryLog(): MemoryLog {
  const events: LoggedEvent[] = []
  let last = 0
  return {
    events,
    away: false,
    queries: 0,
    async append(event) {
      events.push({ position: ++last, event })
    },
    async query({ after, limit }: EventQuery) {
      this.queries++
      if (this.away) throw new Error('the database is away')
      if (after === undefined) return events.slice(-limit)
      return events.filter(({ position }) => position > after).slice(0, limit)
    },
    forget(position) {
      events.splice(
        0,
        events.findIndex(each => each.position > position),
      )
    },
  }
}

export const NO_PROGRESS: ExportProgress = {
  position: 0,
  delivered: 0,
  refused: 0,
  lost: 0,
  lastSuccessAt: undefined,
  lastError: undefined,
  lastErrorAt: undefined,
}

export function aDestination(settings: Partial<ExportSettings> = {}, name = 'siem'): ExportDestination {
  return {
    id: newId<'Export'>(Date.now()),
    name,
    organisationId: undefined,
    settings: {
      kind: 'syslog',
      to: 'logs.example.com:6514',
      form: 'json',
      filter: '',
      masks: [],
      caPem: undefined,
      certificatePem: undefined,
      serverName: undefined,
      allowInsecurePlaintext: false,
      index: undefined,
      fileSize: 1_000_000,
      fileCount: 3,
      ...settings,
    },
    secrets: { key: undefined, token: undefined, pseudonyms: new Secret('pseudonyms') },
    createdAt: Date.now(),
  }
}

export function createMemoryRepository(): ExportRepository & { readonly stored: Map<string, StoredExport> } {
  const stored = new Map<string, StoredExport>()
  return {
    stored,
    list: async () => [...stored.values()],
    async insert(each) {
      stored.set(each.destination.id, each)
      return true
    },
    delete: async id => void stored.delete(id),
    claim: async id => stored.get(id)?.progress.position,
    release: async () => undefined,
    async saveProgress(id, progress) {
      const before = stored.get(id)
      if (before !== undefined) stored.set(id, { ...before, progress })
    },
  }
}

type Answer = Result<Sent, SendFailure>

export interface MemoryReceiver extends Sender {
  /** Ids of the events that it was given, in order, each time. */
  readonly received: string[]
  /** What it answers; default: taken. */
  answer: (batch: readonly LoggedEvent[]) => Answer | Promise<Answer>
  sends: number
}

/** With a receipt that comes later: what was sent and not confirmed is lost when it answers `false`. */
export function createMemoryReceiver(receipt?: () => boolean): MemoryReceiver {
  const received: string[] = []
  let open: string[] = []
  const receiver: MemoryReceiver = {
    received,
    sends: 0,
    answer: () => ok({}),
    async send(batch) {
      receiver.sends++
      const answer = await receiver.answer(batch)
      if (answer.ok) (receipt === undefined ? received : open).push(...batch.map(({ event }) => event.id))
      return answer
    },
    close: () => undefined,
  }
  if (receipt === undefined) return receiver
  return Object.assign(receiver, {
    async confirm(): Promise<Result<undefined, SendFailure>> {
      const taken = open
      open = []
      if (!receipt()) return fail({ kind: 'later' as const, detail: 'the connection was lost' })
      received.push(...taken)
      return ok(undefined)
    },
  })
}

export function away(detail = 'away'): Answer {
  return fail({ kind: 'later', detail })
}
