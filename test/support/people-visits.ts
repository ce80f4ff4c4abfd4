/** What people do at the door: enrol by a link, sign in, give their second factor again. */
import assert from 'node:assert/strict'
import { TOTP } from 'otpauth'
import type { OrganisationId } from '../../src/base/ids.ts'
import type { NewPerson, Role } from '../../src/identity/types.ts'
import { MACHINE, type PeopleServer } from './people-server.ts'
import { createSoftPasskey, type PasskeyTricks, type SoftPasskey } from './soft-passkey.ts'
import type { Visited, Visitor } from './visitor.ts'

export const PASSWORD = 'brass lantern under nine bridges'

/** An authenticator that shows each code once: the next one that is right now, or soon. */
export interface AuthenticatorApp {
  readonly secret: string
  code(): string
}

const PERIOD_MS = 30_000

/** `wait` is called when all codes of this moment were shown: time has to pass. */
export function createAuthenticatorApp(secret: string, now: () => number, wait: () => void): AuthenticatorApp {
  const totp = new TOTP({ secret })
  let last = 0
  return {
    secret,
    code() {
      const stepOf = (): number => Math.floor(now() / PERIOD_MS)
      if (last > stepOf()) wait()
      last = Math.max(last + 1, stepOf())
      return totp.generate({ timestamp: last * PERIOD_MS })
    },
  }
}

export interface PasswordAccount {
  readonly email: string
  readonly password: string
  readonly app: AuthenticatorApp
  readonly recoveryCodes: readonly string[]
}

export const tokenOf = (url: string): string => url.slice(url.indexOf('#') + 1)

/** Answered as hoped; its answer otherwise. */
export function fine(answer: Visited, status = 200): Visited {
  assert.equal(answer.status, status, answer.text)
  return answer
}

export function refused(answer: Visited, status: number, code: string): Visited {
  assert.deepEqual([answer.status, answer.body['code']], [status, code], answer.text)
  return answer
}

/** Somebody of the first organisation, unless another is named; null: of the whole installation. */
export async function invite(
  server: PeopleServer,
  email: string,
  role: Role,
  more: { readonly organisationId?: OrganisationId | null; readonly extension?: string } = {},
): Promise<string> {
  const { organisationId = server.organisations.one, extension } = more
  const input: NewPerson = { organisationId: organisationId ?? undefined, email, name: 'Somebody', role, extension }
  const invitation = await server.identity.invite(MACHINE, input)
  assert.ok(invitation.ok, JSON.stringify(invitation))
  return tokenOf(invitation.value.url)
}

export async function enrolPasskey(visitor: Visitor, token: string): Promise<SoftPasskey> {
  const { body } = fine(await visitor.ask('POST', '/enrolment/open', { token }))
  const passkey = createSoftPasskey()
  const response = passkey.create(body['passkey'], visitor.origin)
  fine(await visitor.ask('POST', '/enrolment/passkey', { enrolment: body['enrolment'], response, label: 'Laptop' }))
  return passkey
}

export async function enrolPassword(
  server: PeopleServer,
  visitor: Visitor,
  token: string,
  password = PASSWORD,
): Promise<PasswordAccount> {
  const { clock } = server
  const { body } = fine(await visitor.ask('POST', '/enrolment/open', { token }))
  const app = createAuthenticatorApp(
    body['totp'].secret,
    () => clock.now(),
    () => clock.advance(PERIOD_MS),
  )
  const asked = { enrolment: body['enrolment'], password, code: app.code() }
  const done = fine(await visitor.ask('POST', '/enrolment/password', asked))
  return { email: body['person'].email, password, app, recoveryCodes: done.body['recoveryCodes'] }
}

export async function usePasskey(visitor: Visitor, passkey: SoftPasskey, tricks?: PasskeyTricks): Promise<Visited> {
  const { body } = fine(await visitor.ask('POST', '/auth/passkey/begin', {}))
  const response = passkey.get(body['options'], visitor.origin, tricks)
  return visitor.ask('POST', '/auth/passkey/finish', { ceremony: body['ceremony'], response })
}

export function usePassword(visitor: Visitor, { email, password, app }: PasswordAccount): Promise<Visited> {
  return visitor.ask('POST', '/auth/password', { email, password, code: app.code() })
}
