/** Figures of the running system in Prometheus' text format. No label holds what a stranger wrote. */
import { Counter, Gauge, Registry } from 'prom-client'
import { EVENT_SEVERITY, type RingfenceEvent } from '../events/catalogue.ts'

export interface MetricsOptions {
  /** Asked at each scrape: names without prefix, and their values now. */
  readonly gauges: () => Readonly<Record<string, number>>
  readonly exports: () => readonly ExportFigures[]
}

export interface ExportFigures {
  readonly name: string
  readonly up: boolean
  readonly behind: number
  readonly delivered: number
  readonly refused: number
  readonly lost: number
}

export interface Metrics {
  /** For the bus. */
  happened(event: RingfenceEvent): void
  text(): Promise<string>
  readonly contentType: string
}

export function createMetrics({ gauges, exports }: MetricsOptions): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const labelNames = ['type', 'severity'] as const
  const events = new Counter({ name: 'ringfence_events_total', help: 'events since the start', labelNames, registers })
  const charged = new Counter({ name: 'ringfence_call_seconds_total', help: 'seconds of ended calls', registers })
  const found = new Counter({
    name: 'ringfence_detections_total',
    help: 'findings of rules since the start',
    labelNames: ['rule', 'level'] as const,
    registers,
  })
  const gauge = (name: string, help: string): Gauge<'export'> =>
    new Gauge({ name: `ringfence_export_${name}`, help, labelNames: ['export'], registers })
  const up = gauge('up', '1 while the destination takes events')
  const behind = gauge('behind_events', 'events that wait for the destination')
  const delivered = gauge('delivered_events', 'events that it has')
  const refused = gauge('refused_events', 'events that it did not take')
  const lost = gauge('lost_events', 'events that the log forgot before they were sent')
  const known = new Map<string, Gauge>()
  return {
    contentType: registry.contentType,
    happened(event) {
      if (!Object.hasOwn(EVENT_SEVERITY, event.type)) return
      events.inc({ type: event.type, severity: event.severity })
      // Ids are of rules, which an operator writes and no stranger.
      if (event.type === 'detection.found') found.inc({ rule: event.data.rule, level: event.data.level })
      if (event.type === 'call.ended') charged.inc(Math.max(0, event.data.durationMs) / 1_000)
    },
    text() {
      for (const [name, value] of Object.entries(gauges())) {
        const shown =
          known.get(name) ?? new Gauge({ name: `ringfence_${name}`, help: name.replaceAll('_', ' '), registers })
        known.set(name, shown)
        shown.set(value)
      }
      // One that was removed is not shown any more.
      for (const each of [up, behind, delivered, refused, lost]) each.reset()
      for (const each of exports()) {
        const label = { export: each.name }
        up.set(label, each.up ? 1 : 0)
        behind.set(label, each.behind)
        delivered.set(label, each.delivered)
        refused.set(label, each.refused)
        lost.set(label, each.lost)
      }
      return registry.metrics()
    },
  }
}
