/** Attacks on sessions, over HTTPS: stolen, fixed, over, of another organisation, forged from another page, framed. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { OTHER_NAME, type PeopleServer, startPeopleServer } from '../support/people-server.ts'
import {
  enrolPasskey,
  enrolPassword,
  fine,
  invite,
  type PasswordAccount,
  refused,
  usePasskey,
  usePassword,
} from '../support/people-visits.ts'
import type { SoftPasskey } from '../support/soft-passkey.ts'
import { COOKIE, type Visitor } from '../support/visitor.ts'

let server: PeopleServer
let ada: SoftPasskey
let victim: Visitor

const NOBODY = [401, 'API_UNAUTHENTICATED'] as const
const MINUTE = 60_000

before(async () => {
  server = await startPeopleServer()
  victim = server.visitor()
  ada = await enrolPasskey(victim, await invite(server, 'ada@example.org', 'owner'))
})

after(() => server.close())

/** With what the victim has. */
function thief(more: Parameters<PeopleServer['visitor']>[0]): Visitor {
  const visitor = server.visitor(more)
  visitor.cookie = victim.cookie
  visitor.csrf = victim.csrf
  return visitor
}

async function back(): Promise<void> {
  // What strangers may ask for comes back with time.
  server.clock.advance(10_000)
  fine(await usePasskey(victim, ada))
}

describe('a stolen cookie', () => {
  for (const [what, where] of [
    ['another network', { address: '127.9.9.9' }],
    ['another browser', { userAgent: 'curl/8.5.0' }],
    [
      'another system',
      { userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0' },
    ],
    ['another name of the machine', { name: OTHER_NAME }],
  ] as const) {
    test(`opens nothing from ${what}; the session is over, and it is in the log`, async () => {
      await back()
      const from = server.events.length
      const stolen = thief(where)
      refused(await stolen.ask('GET', '/session'), ...NOBODY)
      refused(await victim.ask('GET', '/session'), ...NOBODY)
      assert.ok(server.typesSince(from).includes('people.session-refused'))
    })
  }

  test('is over when its owner signs out, wherever it was copied to', async () => {
    await back()
    const copy = thief({})
    const answer = fine(await victim.ask('POST', '/auth/sign-out'), 204)
    assert.match(answer.cookies[0]!, new RegExp(`^${COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0$`))
    assert.match(String(answer.headers['clear-site-data']), /"storage"/)
    refused(await copy.ask('GET', '/session'), ...NOBODY)
  })

  test('is over after 15 minutes without a request, and after 12 hours with them', async () => {
    await back()
    server.clock.advance(15 * MINUTE)
    refused(await victim.ask('GET', '/session'), ...NOBODY)
    await back()
    for (let minutes = 0; minutes < 12 * 60 - 10; minutes += 10) {
      fine(await victim.ask('GET', '/session'))
      server.clock.advance(10 * MINUTE)
    }
    server.clock.advance(10 * MINUTE)
    refused(await victim.ask('GET', '/session'), ...NOBODY)
  })

  test('is over when its owner is suspended, demoted, recovered or removed, and when they look at their sessions', async () => {
    await back()
    const ends: readonly ((id: string) => Promise<unknown>)[] = [
      id => victim.ask('POST', `/people/${id}/suspend`, { reason: 'left' }),
      id => victim.ask('PATCH', `/people/${id}`, { role: 'auditor' }),
      id => victim.ask('POST', `/people/${id}/invitation`, { reason: 'lost' }),
      id => victim.ask('DELETE', `/people/${id}`),
      async id => {
        const { items } = fine(await victim.ask('GET', '/sessions')).body
        for (const each of items) if (each.personId === id) await victim.ask('DELETE', `/sessions/${each.id}`)
      },
    ]
    for (const [at, end] of ends.entries()) {
      const other = server.visitor()
      await enrolPasskey(other, await invite(server, `other${at}@example.org`, 'administrator'))
      const { id } = fine(await other.ask('GET', '/session')).body['person']
      await end(id)
      refused(await other.ask('GET', '/session'), ...NOBODY)
    }
  })
})

describe('a session is not fixed', () => {
  test('a cookie that was planted before the sign-in is not the one after it, and opens nothing', async () => {
    const planted = 'A'.repeat(43)
    const visitor = server.visitor()
    visitor.cookie = planted
    fine(await usePasskey(visitor, ada))
    assert.notEqual(visitor.cookie, planted)
    const attacker = server.visitor()
    attacker.cookie = planted
    refused(await attacker.ask('GET', '/session'), ...NOBODY)
  })

  test('a session that an attacker planted is not turned into the victim’s', async () => {
    const attacker = server.visitor()
    await enrolPasskey(attacker, await invite(server, 'mallory@example.org', 'user', { extension: '101' }))
    const visitor = server.visitor()
    visitor.cookie = attacker.cookie
    fine(await usePasskey(visitor, ada))
    assert.notEqual(visitor.cookie, attacker.cookie)
    // The browser gave theirs up, and so it is over: nobody goes on with it beside the new one.
    refused(await attacker.ask('GET', '/session'), ...NOBODY)
  })

  test('a browser that signs in again has one session: the one before is over', async () => {
    await back()
    const before = thief({})
    await back()
    assert.notEqual(before.cookie, victim.cookie)
    refused(await before.ask('GET', '/session'), ...NOBODY)
    fine(await victim.ask('GET', '/session'))
  })

  test('of two cookies of that name none is taken: a neighbouring host plants none beside it', async () => {
    await back()
    const cookie = `${COOKIE}=${'A'.repeat(43)}; ${COOKIE}=${victim.cookie}`
    refused(await victim.ask('GET', '/session', undefined, { cookie }), ...NOBODY)
  })

  test('a token is random, in a cookie alone, and never in an address, a body, an event or the store', async () => {
    const seen = new Set<string>()
    const from = server.events.length
    for (let at = 0; at < 5; at++) {
      const visitor = server.visitor()
      const answer = fine(await usePasskey(visitor, ada))
      assert.deepEqual(answer.cookies, [`${COOKIE}=${visitor.cookie}; Path=/; Secure; HttpOnly; SameSite=Strict`])
      assert.equal(Buffer.from(visitor.cookie!, 'base64url').length, 32)
      assert.ok(!answer.text.includes(visitor.cookie!))
      assert.ok(!JSON.stringify(server.events.slice(from)).includes(visitor.cookie!))
      assert.ok(!JSON.stringify(await server.repository.sessions()).includes(visitor.cookie!))
      const listed = fine(await visitor.ask('GET', '/sessions')).text
      assert.ok(!listed.includes(visitor.cookie!) && !listed.includes(visitor.csrf!))
      seen.add(visitor.cookie!)
      for (const path of [`/session?token=${visitor.cookie}`, `/session?${COOKIE}=${visitor.cookie}`]) {
        const answered = await server.visitor().ask('GET', path)
        assert.ok(answered.status >= 400, answered.text)
      }
      const bearer = { authorization: `Bearer ${visitor.cookie}` }
      refused(await server.visitor().ask('GET', '/session', undefined, bearer), ...NOBODY)
    }
    assert.equal(seen.size, 5)
  })
})

describe('a change from another page', () => {
  const invited = { email: 'planted@example.org', name: 'P', role: 'owner' }
  const foreign: readonly (readonly [string, Readonly<Record<string, string | undefined>>])[] = [
    ['without the token', { 'x-csrf-token': undefined }],
    ['with an empty token', { 'x-csrf-token': '' }],
    ['with a token of somebody else', { 'x-csrf-token': 'A'.repeat(32) }],
    ['of another origin', { origin: 'https://evil.example' }],
    ['of a sandboxed frame', { origin: 'null' }],
    ['of our name without TLS', { origin: 'http://phones.example.org' }],
    ['of another port', { origin: 'https://phones.example.org:1' }],
    ['of a name that begins like ours', { origin: 'https://phones.example.org.evil.example' }],
    ['that the browser calls cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['of a neighbour below the same domain', { 'sec-fetch-site': 'same-site' }],
    ['that was typed into the address bar', { 'sec-fetch-site': 'none' }],
    ['that says nothing of where it comes from', { origin: undefined, 'sec-fetch-site': undefined }],
  ]
  for (const [what, headers] of foreign) {
    test(`${what} changes nothing, though the cookie came along`, async () => {
      await back()
      refused(await victim.ask('POST', '/people', invited, headers), 403, 'API_FORBIDDEN')
      refused(await victim.ask('POST', '/auth/sign-out', undefined, headers), 403, 'API_FORBIDDEN')
      fine(await victim.ask('GET', '/session'))
      const { text } = fine(await victim.ask('GET', '/people'))
      assert.ok(!text.includes(invited.email))
    })
  }

  test('by a form changes nothing: bodies are JSON, and no header overrides a method', async () => {
    await back()
    for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']) {
      const answer = await victim.ask('POST', '/people', JSON.stringify(invited), { 'content-type': type })
      refused(answer, 415, 'API_MEDIA_TYPE')
    }
    const { id } = fine(await victim.ask('GET', '/session')).body.person
    await victim.ask('GET', `/people/${id}?_method=DELETE`, undefined, { 'x-http-method-override': 'DELETE' })
    await victim.ask('POST', `/people/${id}`, {}, { 'x-http-method-override': 'DELETE' })
    fine(await victim.ask('GET', `/people/${id}`))
  })

  for (const [what, headers] of [
    ['another origin', { origin: 'https://evil.example' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['another site', { origin: undefined, 'sec-fetch-site': 'cross-site' }],
    ['a neighbour below the same domain', { origin: undefined, 'sec-fetch-site': 'same-site' }],
  ] as const) {
    test(`signs nobody in as somebody else: ${what}`, async () => {
      const visitor = server.visitor()
      const begun = fine(await visitor.ask('POST', '/auth/passkey/begin', {})).body
      const answer = { ceremony: begun['ceremony'], response: ada.get(begun['options'], visitor.origin) }
      refused(await visitor.ask('POST', '/auth/passkey/finish', answer, headers), 403, 'API_FORBIDDEN')
      assert.equal(visitor.cookie, undefined)
      fine(await visitor.ask('POST', '/auth/passkey/finish', answer))
    })
  }

  test('may read nothing: no answer names another origin as one that may', async () => {
    await back()
    const origin = 'https://evil.example'
    for (const [method, path] of [
      ['GET', '/session'],
      ['OPTIONS', '/people'],
      ['POST', '/auth/passkey/begin'],
    ] as const) {
      const asked = { origin, 'access-control-request-method': 'POST', 'sec-fetch-site': 'cross-site' }
      const { headers } = await victim.ask(method, path, method === 'POST' ? {} : undefined, asked)
      const open = Object.keys(headers).filter(name => name.startsWith('access-control-'))
      assert.deepEqual(open, [])
    }
  })
})

describe('a page in a frame', () => {
  test('is shown by no browser: every answer forbids it, and lets no script of others in', async () => {
    await back()
    for (const path of [
      '//',
      '//sign-in',
      '//enrol',
      '//people',
      '//nothing',
      '//api/nothing',
      '/session',
      '/people',
    ]) {
      const { headers } = await victim.ask('GET', path)
      const policy = String(headers['content-security-policy'])
      assert.match(policy, /frame-ancestors 'none'/, path)
      assert.match(policy, /default-src 'none'/, path)
      assert.doesNotMatch(policy, /unsafe-|\*|https?:/, path)
      assert.equal(headers['x-content-type-options'], 'nosniff', path)
      assert.match(String(headers['strict-transport-security']), /max-age=31536000/, path)
      assert.equal(headers['referrer-policy'], 'no-referrer', path)
      // Older browsers know this one alone; a text that is no page has nothing to be clicked.
      if (!/text\/plain/.test(String(headers['content-type']))) assert.equal(headers['x-frame-options'], 'DENY', path)
      assert.equal(headers['server'] ?? headers['x-powered-by'], undefined)
    }
    assert.equal((await victim.ask('GET', '/session')).headers['cache-control'], 'no-store')
  })
})

describe('another name for the machine', () => {
  test('is not answered: a page that an attacker’s name led here reads nothing', async () => {
    await back()
    for (const host of [
      'evil.example',
      `evil.example:${victim.host.split(':')[1]}`,
      '127.0.0.2',
      'phones.example.org.',
    ]) {
      refused(await victim.ask('GET', '/session', undefined, { host }), 421, 'API_HOST')
      refused(await victim.ask('POST', '/auth/passkey/begin', {}, { host }), 421, 'API_HOST')
    }
  })
})

describe('another organisation', () => {
  let there: Visitor
  let cleo: PasswordAccount

  before(async () => {
    there = server.visitor()
    const token = await invite(server, 'cleo@two.example.org', 'owner', { organisationId: server.organisations.two })
    cleo = await enrolPassword(server, there, token)
  })

  test('is not seen, named, entered or given people by an owner of this one', async () => {
    fine(await usePassword(there, cleo))
    await back()
    const { id } = fine(await there.ask('GET', '/session')).body['person']
    const { one, two } = server.organisations
    assert.ok(!fine(await victim.ask('GET', '/people')).text.includes('cleo'))
    assert.ok(!fine(await victim.ask('GET', '/sessions')).text.includes(id))
    for (const [method, path, body] of [
      ['GET', `/people/${id}`, undefined],
      ['PATCH', `/people/${id}`, { role: 'user' }],
      ['DELETE', `/people/${id}`, undefined],
      ['POST', `/people/${id}/invitation`, { reason: 'x' }],
      ['POST', `/people/${id}/suspend`, { reason: 'x' }],
    ] as const) {
      refused(await victim.ask(method, path, body), 404, 'PEOPLE_UNKNOWN')
    }
    refused(await victim.ask('GET', '/people', undefined, { 'ringfence-organisation': two }), 404, 'API_UNKNOWN')
    for (const organisationId of [two, null]) {
      const invited = { email: 'spy@example.org', name: 'S', role: 'auditor', organisationId }
      const answer = await victim.ask('POST', '/people', invited)
      assert.ok(answer.status === 403 || answer.status === 404, answer.text)
    }
    assert.equal(fine(await there.ask('GET', '/session')).body['organisation'].id, two)
    refused(await there.ask('GET', '/session', undefined, { 'ringfence-organisation': one }), 404, 'API_UNKNOWN')
  })

  test('has links and ceremonies that make nobody a member of this one', async () => {
    fine(await usePassword(there, cleo))
    await back()
    // Somebody here adds a passkey with the ceremony of somebody there.
    const begun = fine(await victim.ask('POST', '/me/passkeys/begin')).body
    const { createSoftPasskey } = await import('../support/soft-passkey.ts')
    const response = createSoftPasskey().create(begun['options'], there.origin)
    const added = { ceremony: begun['ceremony'], response, label: 'x' }
    refused(await there.ask('POST', '/me/passkeys', added), 401, 'PEOPLE_EXPIRED')
  })
})
