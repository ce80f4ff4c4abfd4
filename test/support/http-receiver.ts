/** A receiver of events by HTTPS that checks what a Splunk, an Elasticsearch, an OpenTelemetry collector or a webhook would check. */
import { createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createAuthority, issueServerCertificate, type KeyPairPem } from '../../src/keys/certificate-authority.ts'

export interface HttpReceiver {
  readonly url: string
  readonly caPem: string
  readonly client: KeyPairPem
  /** Ids of the events that it took, in order, each time; Elasticsearch takes an id once. */
  readonly received: string[]
  /** When each was taken, milliseconds of this process. */
  readonly times: number[]
  /** A status to answer with instead, before the body counts. */
  refuse: number | undefined
  /** Ids that are refused for good. */
  readonly poison: Set<string>
  readonly requests: number
  stop(): Promise<void>
}

export const SPLUNK_TOKEN = '11111111-2222-4333-8444-555555555555'
export const AUTHORISATION = 'ApiKey dGVzdDp0ZXN0'

interface Answer {
  readonly status: number
  readonly body: string
}

export async function startHttpReceiver(
  options: { readonly webhookSecret?: string; readonly clientCertificate?: boolean } = {},
): Promise<HttpReceiver> {
  const authority = await createAuthority('receivers', Date.now())
  const own = await issueServerCertificate(authority, ['127.0.0.1'], Date.now())
  const client = await issueServerCertificate(authority, ['ringfence.example.com'], Date.now())
  const received: string[] = []
  const times: number[] = []
  const poison = new Set<string>()
  const indexed = new Set<string>()
  let requests = 0
  const take = (ids: readonly string[]): void => {
    received.push(...ids)
    const now = performance.timeOrigin + performance.now()
    for (const _ of ids) times.push(now)
  }
  const server: Server = createServer(
    {
      cert: own.certificatePem,
      key: own.privateKeyPem,
      ...(options.clientCertificate === true
        ? { requestCert: true, rejectUnauthorized: true, ca: authority.certificatePem }
        : {}),
    },
    (request, response) => {
      requests++
      void bodyOf(request).then(body => {
        const { status, body: text } =
          receiver.refuse === undefined
            ? answer(request, body, { take, poison, indexed, webhookSecret: options.webhookSecret })
            : { status: receiver.refuse, body: 'refused by the test' }
        response.writeHead(status, { 'content-type': 'application/json' }).end(text)
      })
    },
  )
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const receiver: HttpReceiver = {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    caPem: authority.certificatePem,
    client,
    received,
    times,
    refuse: undefined,
    poison,
    get requests() {
      return requests
    },
    async stop() {
      server.closeAllConnections()
      await new Promise<void>(done => server.close(() => done()))
    },
  }
  return receiver
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts))
}

interface State {
  readonly take: (ids: readonly string[]) => void
  readonly poison: ReadonlySet<string>
  readonly indexed: Set<string>
  readonly webhookSecret: string | undefined
}

function answer(request: IncomingMessage, body: string, state: State): Answer {
  try {
    switch (request.url) {
      case '/services/collector/event':
        return splunk(request, body, state)
      case '/_bulk':
        return bulk(request, body, state)
      case '/v1/logs':
        return otlp(body, state)
      case '/hook':
        return webhook(request, body, state)
      default:
        return { status: 404, body: '' }
    }
  } catch (error) {
    return { status: 400, body: String(error) }
  }
}

interface SplunkEvent {
  readonly time: number
  readonly event: { readonly id: string }
  readonly fields: { readonly event_id: string }
}

function splunk({ headers }: IncomingMessage, body: string, { take, poison }: State): Answer {
  if (headers.authorization !== `Splunk ${SPLUNK_TOKEN}`)
    return { status: 403, body: '{"text":"Invalid token","code":4}' }
  const events = body.split('\n').map(line => JSON.parse(line) as SplunkEvent)
  const ids = events.map(({ event, fields, time }) => {
    if (event.id !== fields.event_id || !(time > 1_000_000_000)) throw new Error('no event')
    return event.id
  })
  if (ids.some(id => poison.has(id))) return { status: 400, body: '{"text":"Invalid data format","code":6}' }
  take(ids)
  return { status: 200, body: '{"text":"Success","code":0}' }
}

function bulk({ headers }: IncomingMessage, body: string, { take, poison, indexed }: State): Answer {
  if (headers.authorization !== AUTHORISATION)
    return { status: 401, body: '{"error":"security_exception","status":401}' }
  if (headers['content-type'] !== 'application/x-ndjson' || !body.endsWith('\n')) throw new Error('no NDJSON')
  const lines = body.slice(0, -1).split('\n')
  const items = []
  for (let at = 0; at < lines.length; at += 2) {
    const { create } = JSON.parse(lines[at]!) as { readonly create: { readonly _index: string; readonly _id: string } }
    const document = JSON.parse(lines[at + 1]!) as {
      readonly '@timestamp': string
      readonly event: { readonly id: string }
    }
    if (document.event.id !== create._id || Number.isNaN(Date.parse(document['@timestamp'])))
      throw new Error('no document')
    const isPoison = poison.has(create._id)
    const status = isPoison ? 400 : indexed.has(create._id) ? 409 : 201
    const error = isPoison ? { error: { type: 'document_parsing_exception', reason: 'test' } } : {}
    if (status === 201) take([create._id])
    if (status === 201) indexed.add(create._id)
    items.push({ create: { _index: create._index, _id: create._id, status, ...error } })
  }
  return { status: 200, body: JSON.stringify({ took: 1, errors: items.some(item => item.create.status > 299), items }) }
}

interface OtlpValue {
  readonly key: string
  readonly value: { readonly stringValue?: string }
}

function otlp(body: string, { take, poison }: State): Answer {
  const { resourceLogs } = JSON.parse(body) as {
    readonly resourceLogs: readonly {
      readonly scopeLogs: readonly { readonly logRecords: readonly { readonly attributes: readonly OtlpValue[] }[] }[]
    }[]
  }
  const records = resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords))
  const ids = records.map(({ attributes }) => attributes.find(({ key }) => key === 'event.id')?.value.stringValue ?? '')
  const taken = ids.filter(id => !poison.has(id))
  take(taken)
  const rejected = ids.length - taken.length
  const partialSuccess = rejected === 0 ? {} : { rejectedLogRecords: String(rejected), errorMessage: 'test' }
  return { status: 200, body: JSON.stringify({ partialSuccess }) }
}

function webhook({ headers }: IncomingMessage, body: string, { take, webhookSecret = '' }: State): Answer {
  const key = Buffer.from(webhookSecret.replace(/^whsec_/, ''), 'base64')
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const signature = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
  if (headers['webhook-signature'] !== signature) return { status: 401, body: 'not signed' }
  const { data } = JSON.parse(body) as { readonly data: { readonly events: readonly { readonly id: string }[] } }
  take(data.events.map(({ id }) => id))
  return { status: 204, body: '' }
}
