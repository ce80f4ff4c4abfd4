/** A browser without a screen: keeps its cookie, says where it comes from, and shows the token of its session with each change. */
import type { IncomingHttpHeaders } from 'node:http'
import { request } from 'node:https'

export interface VisitorOptions {
  readonly port: number
  /** PEM. */
  readonly ca: string
  /** Name of the machine, as it stands in the address bar. */
  readonly name: string
  /** Of the visitor: any of 127.0.0.0/8. Default 127.0.0.1. */
  readonly address?: string
  readonly userAgent?: string
}

/** What tests read of answers, where it is there. */
export interface AnswerBody extends Readonly<Record<string, unknown>> {
  readonly code: string
  readonly csrf: string
  readonly ceremony: string
  readonly options: unknown
  readonly enrolment: string
  readonly passkey: unknown
  readonly totp: { readonly secret: string }
  readonly recoveryCodes: readonly string[]
  readonly person: { readonly id: string; readonly email: string; readonly role: string }
  readonly organisation: { readonly id: string }
  readonly permissions: readonly string[]
  readonly mustEnrol: boolean
  readonly items: readonly (Readonly<Record<string, unknown>> & { readonly id: string })[]
}

export interface Visited {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** Empty where it is no JSON. */
  readonly body: AnswerBody
  readonly cookies: readonly string[]
  /** Milliseconds from the request's last octet to the answer's last. */
  readonly took: number
}

export interface Visitor {
  /** `HOST:PORT` and `https://HOST:PORT`. */
  readonly host: string
  readonly origin: string
  /** Value of the session's cookie; settable, as a thief does. */
  cookie: string | undefined
  csrf: string | undefined
  /** `headers`: undefined takes one away. `path` below /api/v1 unless it begins with two slashes. */
  ask(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string | undefined>>,
  ): Promise<Visited>
}

export const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
export const COOKIE = '__Host-ringfence'

export function createVisitor(options: VisitorOptions): Visitor {
  const host = `${options.name}:${options.port}`
  const visitor: Visitor = {
    host,
    origin: `https://${host}`,
    cookie: undefined,
    csrf: undefined,
    async ask(method, path, body, headers = {}) {
      const where = path.startsWith('//') ? path.slice(1) : `/api/v1${path}`
      const answer = await send(options, method, where, body, { ...usual(visitor, options, method, body), ...headers })
      for (const line of answer.cookies) {
        const [, value] = new RegExp(`^${COOKIE}=([^;]*)`).exec(line) ?? []
        if (value !== undefined) visitor.cookie = value === '' ? undefined : value
      }
      if (typeof (answer.body as { csrf?: unknown }).csrf === 'string') visitor.csrf = answer.body.csrf
      return answer
    },
  }
  return visitor
}

function usual(visitor: Visitor, { userAgent = FIREFOX }: VisitorOptions, method: string, body: unknown) {
  const isChange = method !== 'GET' && method !== 'HEAD'
  return {
    host: visitor.host,
    'user-agent': userAgent,
    'sec-fetch-site': 'same-origin',
    cookie: visitor.cookie === undefined ? undefined : `${COOKIE}=${visitor.cookie}`,
    origin: isChange ? visitor.origin : undefined,
    'x-csrf-token': isChange ? visitor.csrf : undefined,
    'content-type': body === undefined ? undefined : 'application/json',
  }
}

function send(
  { port, ca, name, address = '127.0.0.1' }: VisitorOptions,
  method: string,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string | undefined>>,
): Promise<Visited> {
  const { promise, resolve, reject } = Promise.withResolvers<Visited>()
  const content = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
  const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined))
  const call = request(
    {
      host: '127.0.0.1',
      port,
      ca,
      servername: name,
      localAddress: address,
      agent: false,
      method,
      path,
      headers: content === undefined ? given : { ...given, 'content-length': Buffer.byteLength(content) },
    },
    response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => (text += part))
      response.once('end', () => {
        const took = performance.now() - sent
        const { headers: answered, statusCode = 0 } = response
        const isJson = /json/.test(answered['content-type'] ?? '') && text !== ''
        const cookies = answered['set-cookie'] ?? []
        const body = (isJson ? JSON.parse(text) : {}) as AnswerBody
        resolve({ status: statusCode, headers: answered, text, body, cookies, took })
      })
    },
  )
  let sent = 0
  call.once('error', reject)
  // The handshake is not what is measured.
  call.once('socket', socket =>
    socket.once('secureConnect', () => {
      sent = performance.now()
      call.end(content)
    }),
  )
  return promise
}
