/** The signature of a webhook: https://www.standardwebhooks.com, symmetric scheme v1 (HMAC-SHA256). Pure. */
import { createHmac } from 'node:crypto'
import { fail, ok, type Result } from './result.ts'
import { Secret } from './secret.ts'

const PREFIX = 'whsec_'
const LEAST_OCTETS = 24
const MOST_OCTETS = 64

/** `whsec_` and base64 of 24 to 64 octets. */
export function parseWebhookSecret(text: string): Result<Secret, string> {
  const encoded = text.trim().replace(new RegExp(`^${PREFIX}`), '')
  const octets = Buffer.from(encoded, 'base64')
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) && octets.toString('base64') === encoded
  if (!isBase64 || octets.length < LEAST_OCTETS || octets.length > MOST_OCTETS)
    return fail(`is not ${PREFIX} and ${LEAST_OCTETS} to ${MOST_OCTETS} octets as base64`)
  return ok(new Secret(encoded))
}

export interface Signed {
  readonly 'webhook-id': string
  readonly 'webhook-timestamp': string
  readonly 'webhook-signature': string
}

/** `at`: milliseconds since the epoch, of this attempt. */
export function signWebhook(id: string, at: number, body: string, secret: Secret): Signed {
  const timestamp = String(Math.floor(at / 1_000))
  const key = Buffer.from(secret.reveal(), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`, 'utf8').digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}
