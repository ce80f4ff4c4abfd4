/** All exports of a running system: started from what is kept, watched, tried, and told about. */
import type { Clock, Timer } from '../base/clock.ts'
import { newId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { EventPublisher } from '../events/bus.ts'
import type { RingfenceEvent } from '../events/catalogue.ts'
import type { EventLog } from '../events/event-log.ts'
import { eventFields } from '../events/query/event-fields.ts'
import { matches } from '../events/query/matches.ts'
import type { Actor } from '../events/system-events.ts'
import { destinationName, readFilter } from './destination.ts'
import { createExporter, type Exporter } from './exporter.ts'
import type { ExportFigures } from './metrics.ts'
import { createNews, type News } from './news.ts'
import { openSender } from './open-sender.ts'
import type { ExportProgress, ExportRepository, StoredExport } from './repository.ts'
import { createTail } from './tail.ts'
import type { ExportDestination, FormatContext, Sender } from './types.ts'

export interface ExportServiceOptions {
  readonly clock: Clock
  readonly log: Pick<EventLog, 'query'>
  readonly repository: ExportRepository
  readonly events: EventPublisher
  readonly logger: Logger
  readonly context: FormatContext
  /** For tests. */
  readonly open?: typeof openSender
  /** Events that wait before it is told. Default 100,000. */
  readonly alarmBehind?: number
}

export interface ExportHealth {
  readonly state: 'sending' | 'failing'
  /** Events that wait, those among them that are not wanted. */
  readonly behind: number
  readonly oldest: number | undefined
  readonly progress: ExportProgress
}

export interface ExportService {
  start(): Promise<void>
  /** For the bus. */
  published(event: RingfenceEvent): void
  /** Reads again which exports there are. */
  refresh(): Promise<void>
  healthOf(id: string): ExportHealth | undefined
  /** Of each that runs. */
  figures(): readonly ExportFigures[]
  /** Sends one event of type `export.tested`, by a connection of its own. */
  test(destination: ExportDestination, actor: Actor): Promise<Result<undefined, string>>
  stop(): Promise<void>
}

interface Running {
  readonly destination: ExportDestination
  readonly exporter: Exporter
  readonly sender: Sender
  readonly news: News
}

const REFRESH_MS = 10_000
const LEASE_MS = 30_000
const STOP_MS = 3_000
/** Exports at once at most. */
export const MAXIMUM_EXPORTS = 100

export function createExportService(options: ExportServiceOptions): ExportService {
  const { clock, log, repository, logger, context, open = openSender, alarmBehind = 100_000 } = options
  const tail = createTail({ log, clock })
  const running = new Map<string, Running>()
  let timer: Timer | undefined
  let stopped = false
  let refreshing: Promise<void> | undefined

  function begin({ destination, progress }: StoredExport): void {
    const { id, name, settings } = destination
    const news = createNews({ ...options, name, destination: destinationName(settings), alarmBehind })
    const wants = wantsOf(destination)
    const sender = open(destination, context, () => clock.now())
    const position = Math.min(progress.position, tail.head)
    if (position < progress.position)
      logger.warn({ export: name }, 'the log is older than the place of an export in it')
    const exporter = createExporter({
      clock,
      tail,
      sender,
      progress: { ...progress, position },
      since: destination.createdAt,
      wants,
      claim: () => repository.claim(id, LEASE_MS),
      save: saving => repository.saveProgress(id, saving),
      observer: {
        failing: detail => news.failing(detail, tail.newest - exporter.progress.position),
        working: () => news.working(),
        refused: news.refused,
        lost: news.lost,
      },
    })
    running.set(id, { destination, exporter, sender, news })
    exporter.start()
  }

  async function end(id: string): Promise<void> {
    const { exporter, sender } = running.get(id)!
    running.delete(id)
    const late = Promise.withResolvers<void>()
    const limit = clock.schedule(STOP_MS, late.resolve)
    const ended = exporter.stop()
    await Promise.race([ended, late.promise])
    limit.cancel()
    sender.close()
    await ended
    await repository.release(id).catch(() => undefined)
  }

  async function refresh(): Promise<void> {
    const stored = await repository.list()
    const wanted = new Map(stored.slice(0, MAXIMUM_EXPORTS).map(each => [each.destination.id, each]))
    await Promise.all([...running.keys()].filter(id => !wanted.has(id)).map(end))
    for (const [id, each] of wanted) {
      if (stopped || running.has(id)) continue
      try {
        begin(each)
      } catch (error) {
        logger.error({ export: each.destination.name, detail: String(error) }, 'an export cannot be started')
      }
    }
  }

  function tick(): void {
    timer = clock.schedule(REFRESH_MS, () => {
      for (const { exporter, news } of running.values()) {
        news.watch(tail.newest - exporter.progress.position, exporter.oldest)
      }
      void service.refresh().catch(() => undefined)
      if (!stopped) tick()
    })
  }

  const service: ExportService = {
    async start() {
      await tail.start()
      await service.refresh()
      tick()
    },
    published({ id }) {
      if (running.size > 0) tail.wake(id)
    },
    refresh() {
      refreshing ??= refresh().finally(() => (refreshing = undefined))
      return refreshing
    },
    healthOf(id) {
      const found = running.get(id)
      if (found === undefined) return undefined
      const { progress, oldest, failing } = found.exporter
      const behind = Math.max(0, tail.newest - progress.position)
      return { state: failing ? 'failing' : 'sending', behind, oldest, progress }
    },
    figures: () =>
      [...running.values()].map(({ destination: { name }, exporter: { progress, failing } }) => {
        const { position, delivered, refused, lost } = progress
        return { name, up: !failing, behind: Math.max(0, tail.newest - position), delivered, refused, lost }
      }),
    async test(destination, actor) {
      const sender = open(destination, context, () => clock.now())
      try {
        const result = await tryOut(sender, testEvent(destination, actor, clock.now()))
        if (result.ok) running.get(destination.id)?.exporter.hurry()
        return result
      } finally {
        sender.close()
      }
    },
    async stop() {
      stopped = true
      timer?.cancel()
      tail.stop()
      await refreshing?.catch(() => undefined)
      await Promise.all([...running.keys()].map(end))
    },
  }
  return service
}

function wantsOf({ organisationId, settings }: ExportDestination): (event: RingfenceEvent) => boolean {
  const filter = readFilter(settings.filter)
  // One that cannot be read any more: rather all of it than nothing of it.
  const isAll = !filter.ok || (filter.value.kind === 'all' && filter.value.of.length === 0)
  return event => {
    if (organisationId !== undefined && event.organisationId !== organisationId) return false
    return isAll || matches(filter.value, eventFields(event))
  }
}

async function tryOut(sender: Sender, event: RingfenceEvent): Promise<Result<undefined, string>> {
  const sent = await sender.send([{ position: 0, event }])
  if (!sent.ok) return fail(sent.error.detail)
  if (sent.value.refused !== undefined) return fail(sent.value.refused.detail)
  const confirmed = await sender.confirm?.()
  return confirmed === undefined || confirmed.ok ? ok(undefined) : fail(confirmed.error.detail)
}

function testEvent({ name, settings, organisationId }: ExportDestination, actor: Actor, at: number): RingfenceEvent {
  const data = { actor, export: name, destination: destinationName(settings), ok: true, detail: 'a test' }
  return { id: newId<'EventId'>(at), type: 'export.tested', at, severity: 'info', organisationId, data }
}
