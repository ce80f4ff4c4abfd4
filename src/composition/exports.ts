/** Exports of the running system: fed by the log, woken by the bus. */
import { createExportService, type ExportService } from '../export/export-service.ts'
import type { Core } from './core.ts'

export interface RunningExports {
  readonly service: ExportService
  start(): Promise<void>
  stop(): Promise<void>
}

export function createExports({ store, clock, bus, logger, directory }: Core, version: string): RunningExports {
  const service = createExportService({
    clock,
    log: store.events,
    repository: store.exports,
    events: bus,
    logger,
    context: { host: directory.primary.domain, version },
  })
  let unsubscribe: (() => void) | undefined
  return {
    service,
    async start() {
      await service.start()
      unsubscribe = bus.subscribe(event => service.published(event))
    },
    async stop() {
      unsubscribe?.()
      await service.stop()
    },
  }
}
