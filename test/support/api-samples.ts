/** For each route that takes something: what fits. A route that is not named here fails the tests that walk the table. */
import type { ApiRoute } from '../../src/api/http/route.ts'
import { NOON } from './api-world.ts'

const reason = { reason: 'a test' }

/** Bodies by method and path; `extension` and `number` of the organisation that asks. */
export function sampleBodies(extension: string, e164: string): Readonly<Record<string, unknown>> {
  return {
    'POST /system/stop': { drainSeconds: 0 },
    'POST /extensions': { number: '777', name: 'Seven' },
    'POST /extensions/{number}/suspend': reason,
    'POST /extensions/{number}/restore': reason,
    'PATCH /extensions/{number}/calling': { doNotDisturb: true },
    'POST /devices': { extension, label: 'desk' },
    'POST /devices/import': {
      devices: [{ extension: '778', username: 'imported', password: 'a-long-enough-password' }],
    },
    'POST /trunks': { name: 'fresh', host: 'sip.example.net' },
    'PATCH /trunks/{name}': { state: 'disabled' },
    'POST /numbers': { e164, target: `extension:${extension}` },
    'PATCH /numbers/{e164}': { label: 'changed' },
    'POST /groups': { number: '779', members: [extension] },
    'PATCH /groups/{number}': { name: 'changed' },
    'PATCH /calling': { holidays: ['2026-12-25'] },
    'POST /deck/uploads': { name: 'rates' },
    'POST /deck/uploads/{upload}/rates': {
      rates: [
        {
          prefix: '1',
          name: 'North America',
          perMinute: 10_000,
          connectionFee: 0,
          minimumSeconds: 0,
          incrementSeconds: 1,
          validFrom: null,
        },
      ],
    },
    'PATCH /budget': { call: '9' },
    'PATCH /fraud/policy': { maximumCallSeconds: 3_600 },
    'PATCH /fraud/rules/{id}': { mode: 'dry-run' },
    'POST /fraud/decisions/{id}/undo': reason,
    'POST /fraud/approvals/{id}/approve': { seconds: 60 },
    'POST /fraud/blocks': { prefix: '883', seconds: 60, ...reason },
    'POST /fraud/blocks/{prefix}/lift': reason,
    'POST /firewall/bans': { target: '198.51.100.7', minutes: 1, evenRegistered: false, ...reason },
    'POST /firewall/allowed': { target: '198.51.100.8', minutes: 1, ...reason },
    'POST /firewall/undo': { target: '198.51.100.7', ...reason },
    'POST /firewall/lists/refresh': { name: null },
    'POST /firewall/try': { message: 'T1BUSU9OUw==', address: '198.51.100.7', transport: 'UDP' },
    'POST /fraud/backtest': { days: 7 },
    'POST /searches': { name: 'fresh', q: 'severity>=error', tell: { more: 5, minutes: 10 } },
    'POST /alerts/{id}/acknowledge': { comment: 'a test' },
    'POST /detections/test': { files: [{ name: 'own.yml', text: 'title: none' }] },
    'POST /detections/run': { since: NOON - 60_000 },
    'PATCH /me/extension': { doNotDisturb: true },
    'POST /me/calls/{id}/report': reason,
    'POST /me/approvals/{id}/approve': { seconds: 60 },
    'POST /auth/passkey/begin': {},
    'POST /auth/passkey/finish': { ceremony: 'none', response: { id: 'none', response: {} } },
    'POST /auth/password': { email: 'nobody@example.org', password: 'no', code: '000000' },
    'POST /auth/oidc/begin': { provider: 'none' },
    'POST /enrolment/open': { token: 'A'.repeat(43) },
    'POST /enrolment/passkey': { enrolment: 'none', response: { id: 'none', response: {} }, label: 'key' },
    'POST /enrolment/password': { enrolment: 'none', password: 'no', code: '000000' },
    'POST /session/step-up/finish': { code: '000000' },
    'POST /me/passkeys': { ceremony: 'none', response: { id: 'none', response: {} }, label: 'key' },
    'POST /me/password': { password: 'correct horse battery', code: '000000' },
    'POST /people': { email: 'fresh@example.org', name: 'Fresh', role: 'helpdesk' },
    'PATCH /people/{id}': { name: 'changed' },
    'POST /people/{id}/invitation': reason,
    'POST /people/{id}/suspend': reason,
    'POST /people/{id}/restore': reason,
    'POST /api-keys': { name: 'fresh', scopes: ['status:read'], networks: [], expiresAt: NOON + 3_600_000 },
    'POST /organisations': { name: 'Third', domain: 'three.example.org' },
  }
}

/** Queries that a route cannot do without. */
export const SAMPLE_QUERIES: Readonly<Record<string, string>> = {
  'GET /dial': '?number=101&from=101',
  'GET /events/query': '?q=severity%3E%3Dinfo',
  'GET /events/count': '?q=severity%3E%3Dinfo',
  'GET /deck/price': '?number=%2B4930123456',
  'GET /firewall/explain': '?subject=198.51.100.7',
}

export const nameOf = ({ method, path }: ApiRoute): string => `${method} ${path}`

export function bodyFor(route: ApiRoute, bodies: Readonly<Record<string, unknown>>): unknown {
  if (route.body === undefined) return undefined
  const name = nameOf(route)
  if (!Object.hasOwn(bodies, name)) throw new Error(`${name} has no sample body in test/support/api-samples.ts`)
  return bodies[name]
}

/** `/api/v1/extensions/101`; throws for a path whose parameter nobody named. */
export function urlFor(route: ApiRoute, named: Readonly<Record<string, string>>): string {
  const parameter = /\{\w+\}/.exec(route.path)?.[0]
  const key = parameter === undefined ? '' : route.path.slice(0, route.path.indexOf(parameter) + parameter.length)
  if (parameter !== undefined && !Object.hasOwn(named, key)) throw new Error(`${key} has no sample id`)
  const path = parameter === undefined ? route.path : route.path.replace(parameter, encodeURIComponent(named[key]!))
  return `/api/v1${path}${SAMPLE_QUERIES[nameOf(route)] ?? ''}`
}
