/** What a browser sends to the HTTP API of a running server, and the way through an enrolment without a screen. */
import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { TOTP } from 'otpauth'
import type { Ringfence } from './ringfence.ts'

export interface ApiAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
  /** Whole `Set-Cookie` texts by name. */
  readonly cookies: Readonly<Record<string, string>>
}

export interface Asking {
  readonly body?: unknown
  /** `name=value` */
  readonly cookie?: string | undefined
  readonly csrf?: string
}

export interface ApiBrowser {
  readonly host: string
  ask(method: string, path: string, asking?: Asking): Promise<ApiAnswer>
  /** With a password and an authenticator, by the link of an invitation. */
  enrol(link: string): Promise<Enrolled>
}

export interface Enrolled {
  /** Of the session. */
  readonly cookie: string
  readonly password: string
  readonly secret: string
  readonly recoveryCodes: readonly string[]
  readonly recovery: boolean
}

export const SESSION_COOKIE = '__Host-ringfence'

export function apiBrowser({ ready: { https }, caPem }: Ringfence): ApiBrowser {
  const host = `localhost:${https.port}`
  const ask: ApiBrowser['ask'] = (method, path, { body, cookie, csrf } = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<ApiAnswer>()
    const headers = {
      host,
      'user-agent': 'Mozilla/5.0 Firefox/140.0',
      ...(method === 'GET' ? {} : { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }),
      ...(cookie === undefined ? {} : { cookie }),
      ...(csrf === undefined ? {} : { 'x-csrf-token': csrf }),
    }
    const where = { host: '127.0.0.1', port: https.port, servername: 'localhost', ca: caPem, agent: false }
    const call = request({ ...where, path, method, headers }, response => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => {
        const set = response.headers['set-cookie'] ?? []
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(parts).toString('utf8'),
          cookies: Object.fromEntries(set.map(each => [each.split('=')[0]!, each] as const)),
        })
      })
    })
    call.on('error', reject)
    call.end(body === undefined ? undefined : JSON.stringify(body))
    return promise
  }
  return { host, ask, enrol: link => enrol(ask, link) }
}

async function enrol(ask: ApiBrowser['ask'], link: string): Promise<Enrolled> {
  const opened = await ask('POST', '/api/v1/enrolment/open', { body: { token: new URL(link).hash.slice(1) } })
  assert.equal(opened.status, 200, opened.text)
  const { enrolment, totp, recovery } = JSON.parse(opened.text)
  const password = `brass lantern under nine bridges ${totp.secret.slice(0, 4)}`
  const code = new TOTP({ secret: totp.secret }).generate()
  const done = await ask('POST', '/api/v1/enrolment/password', { body: { enrolment, password, code } })
  assert.equal(done.status, 200, done.text)
  const cookie = cookieToSend(done.cookies[SESSION_COOKIE])
  return { cookie, password, secret: totp.secret, recovery, recoveryCodes: JSON.parse(done.text).recoveryCodes }
}

/** `name=value` of what was set. */
export function cookieToSend(set: string | undefined): string {
  return set?.split(';')[0] ?? ''
}
