/** Attacks on ways in, over HTTPS: whoever has one factor, an old one, one of another place, or patience, does not get in. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { type PeopleServer, startPeopleServer } from '../support/people-server.ts'
import {
  enrolPasskey,
  enrolPassword,
  fine,
  invite,
  PASSWORD,
  type PasswordAccount,
  refused,
  usePasskey,
  usePassword,
} from '../support/people-visits.ts'
import { TRICKS } from '../support/people-world.ts'
import { createSoftPasskey, type SoftPasskey } from '../support/soft-passkey.ts'

let server: PeopleServer
let ada: SoftPasskey
let ben: PasswordAccount

before(async () => {
  server = await startPeopleServer()
  ada = await enrolPasskey(server.visitor(), await invite(server, 'ada@example.org', 'owner'))
  ben = await enrolPassword(server, server.visitor(), await invite(server, 'ben@example.org', 'administrator'))
})

after(() => server.close())

/** From a network that nobody was seen in before, and that no other test is from. */
let networks = 0
const stranger = (more: Parameters<PeopleServer['visitor']>[0] = {}) =>
  server.visitor({ address: `127.66.${networks++}.1`, ...more })

const WRONG = [401, 'PEOPLE_WRONG_CREDENTIALS'] as const

describe('a passkey', () => {
  test('signs in from anywhere, so that the refusals below mean something', async () => {
    const visitor = stranger()
    fine(await usePasskey(visitor, ada))
    assert.equal(fine(await visitor.ask('GET', '/session')).body['person'].email, 'ada@example.org')
  })

  test('is not replayed: an answer that was listened to opens nothing', async () => {
    const victim = stranger()
    const { body } = fine(await victim.ask('POST', '/auth/passkey/begin', {}))
    const heard = { ceremony: body['ceremony'], response: ada.get(body['options'], victim.origin) }
    fine(await victim.ask('POST', '/auth/passkey/finish', heard))
    const thief = stranger()
    refused(await thief.ask('POST', '/auth/passkey/finish', heard), ...WRONG)
    const fresh = fine(await thief.ask('POST', '/auth/passkey/begin', {})).body['ceremony']
    refused(await thief.ask('POST', '/auth/passkey/finish', { ...heard, ceremony: fresh }), ...WRONG)
    assert.equal(thief.cookie, undefined)
  })

  for (const [what, trick] of Object.entries(TRICKS)) {
    test(`that answers with ${what} opens nothing`, async () => {
      const visitor = stranger()
      refused(await usePasskey(visitor, ada, trick), ...WRONG)
      assert.equal(visitor.cookie, undefined)
    })
  }

  test('asked for by a page in between, at its own address, opens nothing here', async () => {
    const visitor = stranger()
    const { body } = fine(await visitor.ask('POST', '/auth/passkey/begin', {}))
    for (const origin of [
      'https://phones.example.org',
      `http://${visitor.host}`,
      `https://${visitor.host}.evil.example`,
      'null',
    ]) {
      const response = ada.get(body['options'], origin)
      refused(await visitor.ask('POST', '/auth/passkey/finish', { ceremony: body['ceremony'], response }), ...WRONG)
    }
  })

  test('is too late after five minutes', async () => {
    const visitor = stranger()
    const { body } = fine(await visitor.ask('POST', '/auth/passkey/begin', {}))
    server.clock.advance(5 * 60_000)
    const response = ada.get(body['options'], visitor.origin)
    refused(await visitor.ask('POST', '/auth/passkey/finish', { ceremony: body['ceremony'], response }), ...WRONG)
  })

  test('that was copied is noticed by its counter', async () => {
    const passkey = await enrolPasskey(stranger(), await invite(server, 'copied@example.org', 'auditor'))
    for (const counter of [7, 8]) fine(await usePasskey(stranger(), passkey, { counter }))
    for (const counter of [8, 1, 0]) refused(await usePasskey(stranger(), passkey, { counter }), ...WRONG)
  })

  test('of nobody, with the user handle of somebody, opens nothing', async () => {
    const own = createSoftPasskey()
    const { id } = fine(await signedIn('GET', '/session')).body['person']
    const userHandle = Buffer.from(id, 'utf8').toString('base64url')
    refused(await usePasskey(stranger(), own, { userHandle }), ...WRONG)
  })
})

async function signedIn(method: string, path: string) {
  const visitor = stranger()
  fine(await usePasskey(visitor, ada))
  return visitor.ask(method, path)
}

describe('a password', () => {
  test('with a code signs in, so that the refusals below mean something', async () => {
    fine(await usePassword(stranger(), ben))
  })

  test('alone is nothing: without a code, with an empty one, with a passkey ceremony instead', async () => {
    const visitor = stranger()
    const { email, password } = ben
    refused(await visitor.ask('POST', '/auth/password', { email, password }), 400, 'API_INVALID')
    for (const code of ['', ' ', '000000\n', 'null', '------', password]) {
      const answer = await stranger().ask('POST', '/auth/password', { email, password, code })
      refused(answer, ...WRONG)
      assert.deepEqual(answer.cookies, [])
    }
    for (const code of [null, 0, [], ['000000'], {}, true]) {
      refused(await visitor.ask('POST', '/auth/password', { email, password, code }), 400, 'API_INVALID')
    }
    for (const more of [{ method: 'password' }, { totp: false }, { mfa: 'none' }, { recovery: true }]) {
      const asked = { email, password, code: '000000', ...more }
      refused(await visitor.ask('POST', '/auth/password', asked), 400, 'API_INVALID')
    }
  })

  test('is not told from a wrong one by what is answered', async () => {
    const shapes = new Set<string>()
    for (const asked of [
      { email: ben.email, password: ben.password, code: '000000' },
      { email: ben.email, password: 'something else entirely', code: '000000' },
      { email: ben.email, password: 'something else entirely', code: ben.app.code() },
      { email: 'nobody@example.org', password: ben.password, code: ben.app.code() },
      { email: 'ada@example.org', password: ben.password, code: ben.app.code() },
    ]) {
      const { status, text, headers } = await stranger().ask('POST', '/auth/password', asked)
      const { date: _date, ...rest } = headers
      shapes.add(JSON.stringify([status, text, rest]))
    }
    assert.equal(shapes.size, 1, [...shapes].join('\n'))
    assert.match([...shapes][0]!, /^\[401,/)
  })

  test('with a code that was used, by its owner or by whoever saw it, opens nothing', async () => {
    const code = ben.app.code()
    const asked = { email: ben.email, password: ben.password, code }
    fine(await stranger().ask('POST', '/auth/password', asked))
    refused(await stranger().ask('POST', '/auth/password', asked), ...WRONG)
    server.clock.advance(30_000)
    refused(await stranger().ask('POST', '/auth/password', asked), ...WRONG)
  })

  test('with one code sent many times at once opens one session', async () => {
    server.clock.advance(60_000)
    const asked = { email: ben.email, password: ben.password, code: ben.app.code() }
    const answers = await Promise.all(Array.from({ length: 8 }, () => stranger().ask('POST', '/auth/password', asked)))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  })

  test('with a code of a minute ago or a minute ahead opens nothing', async () => {
    const { TOTP } = await import('otpauth')
    for (const offset of [-60_000, 60_000, 300_000]) {
      const code = new TOTP({ secret: ben.app.secret }).generate({ timestamp: server.clock.now() + offset })
      const visitor = stranger()
      const answer = await visitor.ask('POST', '/auth/password', { email: ben.email, password: ben.password, code })
      assert.ok(answer.status >= 400, answer.text)
      assert.equal(visitor.cookie, undefined)
    }
  })
})

describe('guessing', () => {
  let dora: PasswordAccount
  let accounts = 0

  beforeEach(async () => {
    const email = `dora${accounts++}@example.org`
    dora = await enrolPassword(server, server.visitor(), await invite(server, email, 'auditor'))
  })

  test('the code of a known password ends after five, and the sixth is not even looked at', async () => {
    const thief = stranger()
    const asked = (code: string) => ({ email: dora.email, password: dora.password, code })
    const from = server.events.length
    for (let at = 0; at < 5; at++) refused(await thief.ask('POST', '/auth/password', asked(`00000${at}`)), ...WRONG)
    // The right one now: five tries are all there are.
    const sixth = refused(await thief.ask('POST', '/auth/password', asked(dora.app.code())), 429, 'PEOPLE_LOCKED')
    assert.ok(Number(sixth.headers['retry-after']) > 0)
    assert.equal(thief.cookie, undefined)
    assert.equal(server.typesSince(from).filter(type => type === 'people.locked').length, 1)
  })

  test('many codes at once are no more than five', async () => {
    const thief = stranger()
    const asked = { email: dora.email, password: dora.password }
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, at) =>
        thief.ask('POST', '/auth/password', { ...asked, code: String(100_000 + at) }),
      ),
    )
    assert.equal(answers.filter(({ status }) => status === 401).length, 5)
    assert.ok(answers.every(({ status }) => status === 401 || status === 429))
  })

  test('by a thief locks nobody out: the owner comes in from where they always do, and a passkey waits for nothing', async () => {
    for (let network = 0; network < 8; network++) {
      const thief = stranger()
      for (let at = 0; at < 5; at++) {
        await thief.ask('POST', '/auth/password', { email: dora.email, password: 'guessed guessed', code: '123456' })
      }
    }
    const answer = await stranger().ask('POST', '/auth/password', {
      email: dora.email,
      password: dora.password,
      code: dora.app.code(),
    })
    refused(answer, 429, 'PEOPLE_LOCKED')
    fine(await usePassword(server.visitor(), dora))
    fine(await usePasskey(stranger(), ada))
  })

  test('an address that nobody has is locked like one that somebody has', async () => {
    const answers = await Promise.all(
      [dora.email, 'nobody-at-all@example.org'].map(async email => {
        const thief = stranger()
        const all = []
        for (let at = 0; at < 7; at++) {
          const { status, text } = await thief.ask('POST', '/auth/password', { email, password: 'x', code: '1' })
          all.push([status, text])
        }
        return all
      }),
    )
    assert.deepEqual(answers[0], answers[1])
  })

  test('links ends by the limit of strangers, long before one of 256 bits is found', async () => {
    const thief = stranger()
    const statuses = new Set<number>()
    for (let at = 0; at < 130; at++) {
      const token = Buffer.alloc(32, at).toString('base64url')
      statuses.add((await thief.ask('POST', '/enrolment/open', { token })).status)
    }
    assert.deepEqual(statuses, new Set([401, 429]))
  })
})

describe('a link', () => {
  test('is used once, over after its time, and void when there is a newer one', async () => {
    const token = await invite(server, 'once@example.org', 'auditor')
    await enrolPasskey(stranger(), token)
    refused(await stranger().ask('POST', '/enrolment/open', { token }), 401, 'PEOPLE_EXPIRED')
    const late = await invite(server, 'late@example.org', 'auditor')
    server.clock.advance(24 * 3_600_000)
    refused(await stranger().ask('POST', '/enrolment/open', { token: late }), 401, 'PEOPLE_EXPIRED')
  })

  test('that two people opened makes one account: whoever is second gets nothing', async () => {
    const token = await invite(server, 'race@example.org', 'owner')
    const [victim, thief] = [stranger(), stranger()]
    const [first, second] = await Promise.all(
      [victim, thief].map(async each => fine(await each.ask('POST', '/enrolment/open', { token })).body),
    )
    const finish = (visitor: typeof victim, opened: typeof first) =>
      visitor.ask('POST', '/enrolment/passkey', {
        enrolment: opened!['enrolment'],
        response: createSoftPasskey().create(opened!['passkey'], visitor.origin),
        label: 'x',
      })
    fine(await finish(victim, first))
    refused(await finish(thief, second), 401, 'PEOPLE_EXPIRED')
    assert.equal(thief.cookie, undefined)
  })

  test('enrols nobody with a password alone, or with a passkey that asks nobody who they are', async () => {
    const token = await invite(server, 'half@example.org', 'administrator')
    const visitor = stranger()
    const { enrolment, passkey } = fine(await visitor.ask('POST', '/enrolment/open', { token })).body
    const password = { enrolment, password: PASSWORD }
    refused(await visitor.ask('POST', '/enrolment/password', password), 400, 'API_INVALID')
    for (const code of ['', '000000', 'aaaaaa']) {
      refused(await visitor.ask('POST', '/enrolment/password', { ...password, code }), ...WRONG)
    }
    const response = createSoftPasskey().create(passkey, visitor.origin, { unverified: true })
    refused(await visitor.ask('POST', '/enrolment/passkey', { enrolment, response, label: 'x' }), ...WRONG)
    const elsewhere = createSoftPasskey().create(passkey, 'https://phones.example.org.evil.example')
    refused(await visitor.ask('POST', '/enrolment/passkey', { enrolment, response: elsewhere, label: 'x' }), ...WRONG)
    assert.equal(visitor.cookie, undefined)
    const asked = { email: 'half@example.org', password: PASSWORD, code: '000000' }
    refused(await visitor.ask('POST', '/auth/password', asked), ...WRONG)
  })
})

describe('a recovery code', () => {
  let cleo: PasswordAccount

  before(async () => {
    cleo = await enrolPassword(server, server.visitor(), await invite(server, 'cleo@example.org', 'owner'))
  })

  test('stands in once, with the password alone, and opens nothing but a new factor', async () => {
    const [code = ''] = cleo.recoveryCodes
    const asked = { email: cleo.email, password: cleo.password, code }
    refused(await stranger().ask('POST', '/auth/password', { ...asked, password: 'not the one' }), ...WRONG)
    const visitor = stranger()
    const { body } = fine(await visitor.ask('POST', '/auth/password', asked))
    assert.deepEqual([body['mustEnrol'], body['permissions'], body['steppedUpUntil']], [true, [], 0])
    refused(await stranger().ask('POST', '/auth/password', asked), ...WRONG)
    for (const route of server.routes) {
      if (route.access === 'public' || route.access === 'session' || route.path.endsWith('/stream')) continue
      const path = route.path.replace(/\{\w+\}/g, '1')
      const answer = await visitor.ask(route.method, path, route.method === 'GET' ? undefined : {})
      // Every one is asked by itself: the limit of a session is not what refuses.
      server.clock.advance(100)
      refused(answer, 403, 'API_FORBIDDEN')
    }
    const stepUp = { code: cleo.app.code() }
    refused(await visitor.ask('POST', '/session/step-up/finish', stepUp), 403, 'PEOPLE_FORBIDDEN')
    for (const path of ['/me/recovery-codes']) {
      refused(await visitor.ask('POST', path), 403, 'PEOPLE_FORBIDDEN')
    }
    refused(await visitor.ask('DELETE', '/me/password'), 403, 'PEOPLE_FORBIDDEN')
  })

  test('lets in whoever then sets a new factor, and the session is a whole one only after that', async () => {
    const visitor = stranger()
    const asked = { email: cleo.email, password: cleo.password, code: cleo.recoveryCodes[1] }
    fine(await visitor.ask('POST', '/auth/password', asked))
    const begun = fine(await visitor.ask('POST', '/me/passkeys/begin')).body
    const passkey = createSoftPasskey()
    const response = passkey.create(begun['options'], visitor.origin)
    const added = { ceremony: begun['ceremony'], response, label: 'New' }
    fine(await visitor.ask('POST', '/me/passkeys', added), 201)
    assert.equal(fine(await visitor.ask('GET', '/session')).body['mustEnrol'], false)
    // Adding a factor is none that was given: what would hurt most still asks.
    const invited = { email: 'x@example.org', name: 'X', role: 'owner' }
    refused(await visitor.ask('POST', '/people', invited), 403, 'API_STEP_UP_NEEDED')
  })
})

describe('the second factor once more', () => {
  test('is not given by a code that was used to sign in, nor by an answer of another session', async () => {
    const [one, two] = [stranger(), stranger()]
    const code = ben.app.code()
    fine(await one.ask('POST', '/auth/password', { email: ben.email, password: ben.password, code }))
    refused(await one.ask('POST', '/session/step-up/finish', { code }), ...WRONG)
    fine(await usePasskey(one, ada))
    fine(await usePasskey(two, ada))
    const begun = fine(await one.ask('POST', '/session/step-up/begin')).body
    const answer = { ceremony: begun['ceremony'], response: ada.get(begun['options'], one.origin) }
    refused(await two.ask('POST', '/session/step-up/finish', answer), ...WRONG)
    fine(await one.ask('POST', '/session/step-up/finish', answer))
    refused(await one.ask('POST', '/session/step-up/finish', answer), ...WRONG)
  })

  test('is asked for again after five minutes, and guessing at it ends the session', async () => {
    const visitor = stranger()
    fine(await usePassword(visitor, ben))
    const invited = { email: 'fresh@example.org', name: 'F', role: 'auditor' }
    fine(await visitor.ask('POST', '/people', invited), 201)
    server.clock.advance(5 * 60_000)
    refused(await visitor.ask('POST', '/people', { ...invited, email: 'f2@example.org' }), 403, 'API_STEP_UP_NEEDED')
    for (let at = 0; at < 4; at++) {
      refused(await visitor.ask('POST', '/session/step-up/finish', { code: `00000${at}` }), ...WRONG)
    }
    refused(await visitor.ask('POST', '/session/step-up/finish', { code: '000009' }), 429, 'PEOPLE_LOCKED')
    refused(await visitor.ask('POST', '/session/step-up/finish', { code: ben.app.code() }), 401, 'API_UNAUTHENTICATED')
  })
})
