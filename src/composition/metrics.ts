/** `GET /metrics` on the HTTPS listener, for a key of a program of the whole installation with the scope `status:read`. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ExportService } from '../export/export-service.ts'
import { createMetrics } from '../export/metrics.ts'
import type { Identity } from '../identity/types.ts'
import type { Core } from './core.ts'
import type { LiveState } from './operations.ts'

export interface RunningMetrics {
  readonly route: (request: IncomingMessage, response: ServerResponse) => boolean
  stop(): void
}

const PATH = '/metrics'

export function createMetricsRoute(
  { bus, logger }: Pick<Core, 'bus' | 'logger'>,
  parts: { readonly identity: Identity; readonly live: LiveState; readonly exports: ExportService },
): RunningMetrics {
  const metrics = createMetrics({ gauges: () => gaugesOf(parts.live), exports: () => parts.exports.figures() })
  const unsubscribe = bus.subscribe(metrics.happened)

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!(await isAllowed(parts.identity, request))) {
      response
        .writeHead(401, { 'www-authenticate': 'Bearer', 'content-type': 'text/plain' })
        .end('an API key is needed\n')
      return
    }
    const text = await metrics.text()
    response.writeHead(200, { 'content-type': metrics.contentType }).end(text)
  }

  return {
    route(request, response) {
      if (request.url !== PATH || request.method !== 'GET') return false
      answer(request, response).catch((error: unknown) => {
        logger.warn({ detail: String(error) }, 'metrics could not be told')
        if (!response.headersSent) response.writeHead(503).end()
        else response.destroy()
      })
      return true
    },
    stop: unsubscribe,
  }
}

/** What concerns the machine is not for one organisation's key. */
async function isAllowed(identity: Identity, { headers, socket }: IncomingMessage): Promise<boolean> {
  const [, bearer = ''] = /^Bearer ([\w-]{1,256})$/i.exec(headers.authorization ?? '') ?? []
  if (bearer === '') return false
  const origin = {
    address: socket.remoteAddress ?? '',
    userAgent: headers['user-agent'] ?? '',
    host: headers.host ?? '',
  }
  const key = await identity.apiKey(bearer, origin)
  return key !== undefined && key.organisationId === undefined && key.scopes.includes('status:read')
}

function gaugesOf(live: LiveState): Readonly<Record<string, number>> {
  const { held, liveCalls, registrations, extensions, devices, store, draining, startedAt, certificate, weakened } =
    live.status()
  return {
    live_calls: liveCalls,
    registrations,
    extensions,
    devices,
    store_up: store === 'available' ? 1 : 0,
    draining: draining === null ? 0 : 1,
    weakened_settings: weakened.length,
    start_time_seconds: startedAt / 1_000,
    certificate_expiry_seconds: certificate.notAfter / 1_000,
    connections: held.connections,
    handshakes: held.handshakes,
    transactions: held.serverTransactions + held.clientTransactions,
    call_legs: held.legs,
    media_bridges: held.bridges,
    banned_sources: held.bans,
    heap_bytes: held.heapBytes,
    resident_bytes: held.residentBytes,
  }
}
