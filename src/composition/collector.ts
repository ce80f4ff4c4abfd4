/** The path of each call to an OpenTelemetry collector. */
import { readFileSync } from 'node:fs'
import { createHttpPost } from '../export/senders/http-post.ts'
import { createTraceExporter, type TraceExporter } from '../export/traces/trace-exporter.ts'
import type { Core } from './core.ts'
import { readSecretFile } from './secret-file.ts'

/** Undefined: none is configured. Throws on a file that cannot be used. */
export function createCollector(core: Core, version: string): Pick<TraceExporter, 'counts' | 'stop'> | undefined {
  const { configuration, clock, bus, directory } = core
  const { collector } = configuration.trace
  if (collector === undefined) return undefined
  const { caFile, tokenFile, sample } = collector
  const url = new URL(collector.url)
  const exporter = createTraceExporter({
    clock,
    sample,
    context: { host: directory.primary.domain, version },
    token: tokenFile === undefined ? undefined : readSecretFile(tokenFile),
    http: createHttpPost({
      url,
      caPem: caFile === undefined ? undefined : readFileSync(caFile, 'utf8'),
      certificatePem: undefined,
      key: undefined,
      serverName: undefined,
    }),
    onState(state) {
      const named = { export: 'collector', destination: url.host }
      if ('awayForMs' in state) bus.publish('export.recovered', { ...named, ...state })
      else bus.publish('export.failing', { ...named, detail: state.detail, behind: state.waiting })
    },
  })
  const unsubscribe = bus.subscribe(event => exporter.take(event))
  return {
    get counts() {
      return exporter.counts
    },
    async stop() {
      unsubscribe()
      await exporter.stop()
    },
  }
}
