/** Receivers that take events by HTTP: what is asked of each, and what its answer means. */
import { fail, ok, type Result } from '../../base/result.ts'
import type { Secret } from '../../base/secret.ts'
import { signWebhook } from '../../base/standard-webhooks.ts'
import type { LoggedEvent } from '../../events/event-log.ts'
import type { ChangeText } from '../bounded-data.ts'
import { eventFacts } from '../event-facts.ts'
import { bulkLines } from '../formats/ecs.ts'
import { otlpRecord, otlpRequest } from '../formats/otlp.ts'
import { splunkEvent } from '../formats/splunk.ts'
import { webhookBody } from '../formats/webhook.ts'
import { visible } from '../text.ts'
import type { FormatContext, SendFailure, Sender, Sent } from '../types.ts'
import type { HttpPost } from './http-post.ts'

export interface HttpSenderOptions {
  readonly http: HttpPost
  readonly mask: ChangeText | undefined
  readonly context: FormatContext
  readonly token: Secret | undefined
  readonly index: string | undefined
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

type Outcome = Result<Sent, SendFailure>

/** https://docs.splunk.com/Documentation/Splunk/latest/Data/HECRESTendpoints */
export function createSplunkSender({ http, mask, context, token, index }: HttpSenderOptions): Sender {
  const headers = { 'content-type': 'application/json', authorization: `Splunk ${token?.reveal() ?? ''}` }
  return {
    async send(batch) {
      const body = batch.map(each => splunkEvent(eventFacts(each, mask), context, index)).join('\n')
      const answer = await http.post(body, headers)
      return answer.ok ? ok({}) : answer
    },
    close: http.close,
  }
}

/** Elasticsearch and OpenSearch: the answer names each document. */
export function createElasticSender({ http, mask, context, token, index }: HttpSenderOptions): Sender {
  const headers = {
    'content-type': 'application/x-ndjson',
    ...(token === undefined ? {} : { authorization: token.reveal() }),
  }
  return {
    async send(batch) {
      const body = batch.map(each => bulkLines(eventFacts(each, mask), context, index ?? DEFAULT_INDEX)).join('')
      const answer = await http.post(body, headers)
      return answer.ok ? bulkOutcome(answer.value, batch) : answer
    },
    close: http.close,
  }
}

export const DEFAULT_INDEX = 'logs-ringfence-default'

function bulkOutcome(text: string, batch: readonly LoggedEvent[]): Outcome {
  const answer = objectOf(parsed(text))
  const items = answer?.['items']
  if (answer?.['errors'] === false) return ok({})
  if (!Array.isArray(items) || items.length !== batch.length) return later('the answer is none of a bulk request')
  const refused: { readonly position: number; readonly detail: string }[] = []
  for (const [index, item] of items.entries()) {
    const [done] = Object.values(objectOf(item) ?? {}).map(objectOf)
    const status = Number(done?.['status'] ?? 0)
    // 409: it is there already, from the time before.
    if ((status >= 200 && status < 300) || status === 409) continue
    const error = objectOf(done?.['error'])
    const detail = visible(`${status} ${String(error?.['type'] ?? '')}: ${String(error?.['reason'] ?? '')}`, 300)
    if (status !== 400 && status !== 422) return later(detail)
    refused.push({ position: batch[index]!.position, detail })
  }
  const [first] = refused
  if (first === undefined) return ok({})
  // All of them: then it is not the events that are wrong.
  if (refused.length === batch.length) return fail({ kind: 'refused', detail: first.detail })
  return ok({ refused: { count: refused.length, first: first.position, detail: first.detail } })
}

/** OTLP/HTTP: https://opentelemetry.io/docs/specs/otlp/#otlphttp-response */
export function createOtlpSender({ http, mask, context, token }: HttpSenderOptions): Sender {
  const headers = {
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: token.reveal() }),
  }
  return {
    async send(batch) {
      const records = batch.map(each => otlpRecord(eventFacts(each, mask)))
      const answer = await http.post(otlpRequest(records, context), headers)
      if (!answer.ok) return answer
      const partial = objectOf(objectOf(parsed(answer.value))?.['partialSuccess'])
      const count = Number(partial?.['rejectedLogRecords'] ?? 0)
      if (!(count > 0)) return ok({})
      const detail = visible(String(partial?.['errorMessage'] ?? 'rejected'), 300)
      if (count >= batch.length) return fail({ kind: 'refused', detail })
      return ok({ refused: { count, first: batch[0]!.position, detail } })
    },
    close: http.close,
  }
}

/** The id of a message is that of its events: sent again, it is the same. */
export function createWebhookSender({ http, mask, token, now }: HttpSenderOptions): Sender {
  return {
    async send(batch) {
      if (token === undefined) return later('there is no secret to sign with')
      const body = webhookBody(batch.map(each => eventFacts(each, mask)))
      const id = `msg_${batch[0]?.event.id ?? ''}_${batch.length}`
      const headers = { 'content-type': 'application/json', ...signWebhook(id, now(), body, token) }
      const answer = await http.post(body, headers)
      return answer.ok ? ok({}) : answer
    },
    close: http.close,
  }
}

function later(detail: string): Result<never, SendFailure> {
  return fail({ kind: 'later', detail })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined
}
