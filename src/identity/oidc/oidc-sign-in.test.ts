/** Against a real provider: what proves somebody, and everything that does not. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import type { CustomFetch } from 'openid-client'
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type IdentityProvider,
  type IdentityProviderOptions,
  startIdentityProvider,
} from '../../../test/support/identity-provider.ts'
import { ManualClock } from '../../base/clock.ts'
import { newId } from '../../base/ids.ts'
import { Secret } from '../../base/secret.ts'
import { createHttpsFetch } from '../../composition/https-fetch.ts'
import { createEventBus } from '../../events/bus.ts'
import type { RingfenceEvent } from '../../events/catalogue.ts'
import { createSealer } from '../../keys/sealer.ts'
import { createFakeIdentityRepository } from '../fake-repository.ts'
import { createIdentity } from '../identity.ts'
import type { Origin, Person } from '../types.ts'
import { createOidcSignIn } from './oidc-sign-in.ts'
import { STANDARD_AMR } from './second-factor.ts'
import { callbackPath, type OidcProvider, type OidcSignIn } from './types.ts'

const HOST = 'pbx.example.com:8443'
const ORIGIN: Origin = { address: '192.0.2.7', userAgent: 'Mozilla/5.0 Firefox/140.0', host: HOST }
const ADA = { subject: 'ada-1', email: 'ada@example.com', verified: true, amr: ['pwd', 'otp'] } as const

const redirectUri = (id: string): string => `https://${HOST}${callbackPath(id)}`

const running: IdentityProvider[] = []
let real: IdentityProvider
let other: IdentityProvider

async function start(id: string, more: Partial<IdentityProviderOptions> = {}): Promise<IdentityProvider> {
  const provider = await startIdentityProvider({ redirectUri: redirectUri(id), ...more })
  running.push(provider)
  return provider
}

before(async () => {
  real = await start('real')
  other = await start('other', { emailInToken: true, authentication: 'client_secret_post' })
})
after(() => {
  for (const each of running) each.close()
})

interface World {
  readonly oidc: OidcSignIn
  readonly events: RingfenceEvent[]
  readonly clock: ManualClock
  readonly repository: ReturnType<typeof createFakeIdentityRepository>
  /** Changes what comes back from a provider. */
  tamper: ((url: string, response: Response) => Response | Promise<Response>) | undefined
}

async function world(changed: Partial<OidcProvider> = {}): Promise<World> {
  const clock = new ManualClock(Date.now())
  const events: RingfenceEvent[] = []
  const bus = createEventBus(clock, error => assert.fail(String(error)))
  bus.subscribe(event => void events.push(event))
  const repository = createFakeIdentityRepository()
  const sealing = createSealer(Buffer.alloc(32, 7))
  const baseUrl = () => `https://${HOST}`
  const identity = createIdentity({ repository, clock, events: bus, sealing, serviceName: 'x', baseUrl })
  const configured = (id: string, { issuer }: IdentityProvider, more: Partial<OidcProvider> = {}): OidcProvider => ({
    id,
    name: `Provider ${id}`,
    issuer,
    clientId: CLIENT_ID,
    clientSecret: new Secret(CLIENT_SECRET),
    domains: ['example.com'],
    acceptedAcr: [],
    acceptedAmr: STANDARD_AMR,
    maximumAgeSeconds: undefined,
    ...more,
  })
  const fetches = { real: createHttpsFetch({ ca: real.ca }), other: createHttpsFetch({ ca: other.ca }) }
  const state: { tamper: World['tamper'] } = { tamper: undefined }
  const fetchFor =
    (id: string): CustomFetch =>
    async (url, init) => {
      const answer = await fetches[id as 'real'](url, init)
      return state.tamper === undefined ? answer : state.tamper(url, answer)
    }
  const providers = [configured('real', real, changed), configured('other', other)]
  const oidc = createOidcSignIn({ providers, identity, repository, sealing, clock, events: bus, fetchFor })
  const built: World = {
    oidc,
    events,
    clock,
    repository,
    get tamper() {
      return state.tamper
    },
    set tamper(next) {
      state.tamper = next
    },
  }
  await addPerson(built, ADA.email, 'active')
  real.account = ADA
  other.account = ADA
  return built
}

async function addPerson({ repository, clock }: World, email: string, state: Person['state']): Promise<void> {
  const none = { password: undefined, totp: undefined, invitation: undefined, version: 1 }
  const person: Person = {
    id: newId<'PersonId'>(clock.now()),
    organisationId: undefined,
    email,
    name: 'x',
    role: 'helpdesk',
    extension: undefined,
    state,
    createdAt: 0,
    lastSignInAt: undefined,
  }
  await repository.insertPerson({ person, passkeys: [], recoveryCodes: [], subjects: [], networks: [], ...none })
}

async function begin({ oidc }: World, id = 'real') {
  const begun = await oidc.begin(id, ORIGIN)
  assert.ok(begun.ok, begun.ok ? '' : begun.error.message)
  return { location: begun.value.location, ceremony: begun.value.ceremony.reveal() }
}

const pathOf = (url: URL): string => `${url.pathname}${url.search}`

async function signIn(system: World, id = 'real') {
  const { location, ceremony } = await begin(system, id)
  const back = await (id === 'real' ? real : other).visit(location)
  return system.oidc.finish({ ceremony, url: pathOf(back) }, ORIGIN)
}

async function refusal(outcome: ReturnType<OidcSignIn['finish']>): Promise<string> {
  const result = await outcome
  assert.ok(!result.ok, 'somebody was signed in')
  return result.error.code
}

function reasons({ events }: World): readonly string[] {
  return events.flatMap(each => (each.type === 'people.sign-in-failed' ? [each.data.reason] : []))
}

test('somebody who is invited, has a verified address and used a second factor is signed in', async () => {
  const system = await world()
  const first = await signIn(system)
  assert.ok(first.ok, first.ok ? '' : first.error.message)
  assert.equal(first.value.session.person.email, ADA.email)
  assert.equal(first.value.session.method, 'oidc')
  const stored = await system.repository.personBy({ issuer: real.issuer, subject: ADA.subject })
  assert.equal(stored?.person.email, ADA.email, 'the subject is bound')
  real.account = { ...ADA, email: 'ada.married@example.com' }
  const renamed = await signIn(system)
  assert.ok(renamed.ok, 'the subject is who they are, whatever the address is called now')
  real.account = { ...ADA, subject: 'ada-2' }
  assert.equal(await refusal(signIn(system)), 'PEOPLE_WRONG_CREDENTIALS')
  assert.match(reasons(system).at(-1)!, /another/)
})

test('a provider that tells the address in its token, and takes the secret in the body', async () => {
  const system = await world()
  const result = await signIn(system, 'other')
  assert.ok(result.ok, result.ok ? '' : result.error.message)
})

test('what is asked for: a code, PKCE, state, nonce, no secret, and nothing twice', async () => {
  const system = await world()
  const one = new URL((await begin(system)).location).searchParams
  const two = new URL((await begin(system)).location).searchParams
  assert.equal(one.get('response_type'), 'code')
  assert.equal(one.get('code_challenge_method'), 'S256')
  assert.equal(one.get('redirect_uri'), redirectUri('real'))
  assert.equal(one.get('scope'), 'openid email')
  for (const name of ['state', 'nonce', 'code_challenge']) {
    assert.match(one.get(name)!, /^[\w-]{43}$/)
    assert.notEqual(one.get(name), two.get(name))
  }
  assert.equal([one, two].toString().includes('secret'), false)
})

for (const [what, account] of [
  ['no acr and no amr', { amr: undefined }],
  ['a password alone', { amr: ['pwd'] }],
  ['a password and a code by message', { amr: ['pwd', 'sms'] }],
  ['"mfa" that is a code by message', { amr: ['pwd', 'sms', 'mfa'] }],
  ['a key whose owner only touched it', { amr: ['hwk', 'user'] }],
  ['two passwords', { amr: ['pwd', 'pin', 'kba'] }],
  ['an acr that nobody configured', { amr: ['pwd'], acr: 'urn:mfa' }],
] as const) {
  test(`a provider that does not assert a second factor is refused: ${what}`, async () => {
    const system = await world()
    real.account = { ...ADA, ...account } as never
    assert.equal(await refusal(signIn(system)), 'PEOPLE_PROVIDER_WITHOUT_MFA')
    assert.match(reasons(system).at(-1)!, /^it did not say that a second factor was used/)
    const bound = await system.repository.personBy({ issuer: real.issuer, subject: ADA.subject })
    assert.equal(bound, undefined, 'and nothing is bound')
  })
}

test('an acr that is configured is asked for, and accepted', async () => {
  const system = await world({ acceptedAcr: ['urn:mfa'] })
  assert.equal(new URL((await begin(system)).location).searchParams.get('acr_values'), 'urn:mfa')
  real.account = { ...ADA, amr: ['pwd'], acr: 'urn:mfa' } as never
  assert.ok((await signIn(system)).ok)
  real.account = { ...ADA, amr: ['pwd'], acr: 'urn:password' } as never
  assert.equal(await refusal(signIn(system)), 'PEOPLE_PROVIDER_WITHOUT_MFA')
})

for (const [what, account, words] of [
  ['not verified', { verified: false }, /did not verify/],
  ['verified in words', { verified: 'true' }, /did not verify/],
  ['of a domain that the provider has no say in', { email: 'ada@example.org' }, /not believed/],
  ['of a domain below ours', { email: 'ada@evil.example.com' }, /not believed/],
  ['with two signs', { email: 'ada@example.com@example.com' }, /not believed/],
  ['with a letter that folds into an ordinary one', { email: 'ada@e\u212aample.com' }, /malformed/],
  ['missing', { email: undefined }, /no e-mail address/],
] as const) {
  test(`an address is not believed: ${what}`, async () => {
    const system = await world()
    await addPerson(system, 'ada@example.org', 'active')
    real.account = { ...ADA, ...account } as never
    assert.equal(await refusal(signIn(system)), 'PEOPLE_WRONG_CREDENTIALS')
    assert.match(reasons(system).at(-1)!, words)
  })
}

test('who is not active, or not there at all, is refused with the same words', async () => {
  const system = await world()
  await addPerson(system, 'gone@example.com', 'suspended')
  await addPerson(system, 'new@example.com', 'invited')
  const messages = new Set<string>()
  for (const email of ['gone@example.com', 'new@example.com', 'nobody@example.com']) {
    real.account = { ...ADA, subject: email, email } as never
    const result = await signIn(system)
    assert.ok(!result.ok)
    assert.equal(result.error.code, 'PEOPLE_WRONG_CREDENTIALS')
    messages.add(result.error.message)
  }
  assert.equal(messages.size, 1)
})

test('a sign-in is finished once: not with the same answer, and not with its code in another one', async () => {
  const system = await world()
  const { location, ceremony } = await begin(system)
  const back = await real.visit(location)
  assert.ok((await system.oidc.finish({ ceremony, url: pathOf(back) }, ORIGIN)).ok)
  const before = real.asked.length
  assert.equal(await refusal(system.oidc.finish({ ceremony, url: pathOf(back) }, ORIGIN)), 'PEOPLE_EXPIRED')
  assert.equal(real.asked.length, before, 'the provider is not even asked')
  const next = await begin(system)
  const stolen = new URL(back)
  stolen.searchParams.set('state', new URL(next.location).searchParams.get('state')!)
  const replayed = system.oidc.finish({ ceremony: next.ceremony, url: pathOf(stolen) }, ORIGIN)
  assert.equal(await refusal(replayed), 'PEOPLE_WRONG_CREDENTIALS')
  assert.match(reasons(system).at(-1)!, /invalid_grant/)
})

test("somebody else's unused code is worth nothing in one's own sign-in", async () => {
  const system = await world()
  const theirs = await begin(system)
  const stolen = await real.visit(theirs.location)
  const own = await begin(system)
  stolen.searchParams.set('state', new URL(own.location).searchParams.get('state')!)
  const injected = system.oidc.finish({ ceremony: own.ceremony, url: pathOf(stolen) }, ORIGIN)
  assert.equal(await refusal(injected), 'PEOPLE_WRONG_CREDENTIALS', 'the verifier is not the one of the code')
})

test('an answer with another state, at another host, of another ceremony, or too late, is refused', async () => {
  const system = await world()
  const { location, ceremony } = await begin(system)
  const url = pathOf(await real.visit(location))
  const elsewhere = { ...ORIGIN, host: 'other.example.com:8443' }
  assert.equal(await refusal(system.oidc.finish({ ceremony, url }, elsewhere)), 'PEOPLE_EXPIRED')
  const { ceremony: foreign } = await begin(system)
  for (const [sealed, path] of [
    [foreign, url],
    [`${ceremony.slice(0, -4)}AAAA`, url],
    ['', url],
    ['v1.x.y', url],
    [ceremony.padEnd(5_000, 'A'), url],
    [ceremony, url.replace(/state=[^&]+/, 'state=x')],
    [ceremony, url.replace(/&?state=[^&]+/, '')],
    [ceremony, url.replace('/callback/real', '/callback/other')],
    [ceremony, `//evil.example${url}`],
    [ceremony, `.evil.example${url}`],
    [ceremony, `@evil.example${url}`],
    [ceremony, `${url}&x=${'x'.repeat(9_000)}`],
  ] as const) {
    assert.equal(await refusal(system.oidc.finish({ ceremony: sealed, url: path }, ORIGIN)), 'PEOPLE_EXPIRED', path)
  }
  system.clock.advance(10 * 60_000)
  assert.equal(await refusal(system.oidc.finish({ ceremony, url }, ORIGIN)), 'PEOPLE_EXPIRED')
})

test('a token with another nonce is refused', async () => {
  const system = await world()
  const { location, ceremony } = await begin(system)
  const changed = new URL(location)
  changed.searchParams.set('nonce', 'A'.repeat(43))
  const url = pathOf(await real.visit(changed.href))
  assert.equal(await refusal(system.oidc.finish({ ceremony, url }, ORIGIN)), 'PEOPLE_WRONG_CREDENTIALS')
  assert.match(reasons(system).at(-1)!, /nonce|claim/i)
})

test('an answer of another issuer is refused before its code is sent anywhere', async () => {
  const system = await world()
  const { location, ceremony } = await begin(system)
  const back = await real.visit(location)
  assert.equal(back.searchParams.get('iss'), real.issuer)
  const tokens = (): number => [...real.asked, ...other.asked].filter(path => path.startsWith('/token')).length
  const before = tokens()
  for (const iss of [other.issuer, undefined]) {
    const again = await begin(system)
    const mixed = await real.visit(again.location)
    if (iss === undefined) mixed.searchParams.delete('iss')
    else mixed.searchParams.set('iss', iss)
    const outcome = system.oidc.finish({ ceremony: again.ceremony, url: pathOf(mixed) }, ORIGIN)
    assert.equal(await refusal(outcome), 'PEOPLE_WRONG_CREDENTIALS')
  }
  back.pathname = callbackPath('other')
  assert.equal(await refusal(system.oidc.finish({ ceremony, url: pathOf(back) }, ORIGIN)), 'PEOPLE_EXPIRED')
  assert.equal(tokens(), before)
})

test('a provider that calls itself otherwise than configured is not used', async () => {
  const system = await world()
  system.tamper = async (url, response) =>
    url.includes('.well-known')
      ? Response.json({ ...((await response.json()) as object), issuer: other.issuer })
      : response
  const begun = await system.oidc.begin('real', ORIGIN)
  assert.ok(!begun.ok)
  assert.equal(begun.error.code, 'PEOPLE_PROVIDER_UNAVAILABLE')
})

test('a token whose signature, algorithm, audience or issuer is not the one expected is refused', async () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const rewritten =
    (inHeader: object, inPayload: object = {}) =>
    async (url: string, response: Response): Promise<Response> => {
      if (!url.endsWith('/token')) return response
      const body = (await response.json()) as { id_token: string }
      const [header = '', payload = '', signature = ''] = body.id_token.split('.')
      const parts = [header, payload].map(each => JSON.parse(Buffer.from(each, 'base64url').toString()))
      Object.assign(parts[0], inHeader)
      Object.assign(parts[1], inPayload)
      const text = parts.map(each => Buffer.from(JSON.stringify(each)).toString('base64url'))
      return Response.json({ ...body, id_token: [...text, parts[0].alg === 'none' ? '' : signature].join('.') })
    }
  const attempts: Readonly<Record<string, NonNullable<World['tamper']>>> = {
    'keys of another': async (url, response) =>
      url.endsWith('/jwks')
        ? Response.json({
            keys: ((await response.json()) as { keys: object[] }).keys.map(each => ({
              ...each,
              ...publicKey.export({ format: 'jwk' }),
            })),
          })
        : response,
    'a claim changed': rewritten({}, { sub: 'ada-1-x' }),
    'a factor added': rewritten({}, { amr: ['pwd', 'otp', 'mfa'] }),
    'no signature': rewritten({ alg: 'none' }),
    'a signature by our secret': rewritten({ alg: 'HS256' }),
    'another audience': rewritten({}, { aud: 'somebody-else' }),
    'another issuer': rewritten({}, { iss: other.issuer }),
    'no token': async (url, response) =>
      url.endsWith('/token')
        ? Response.json({ ...((await response.json()) as object), id_token: undefined })
        : response,
    'the address of somebody else': async (url, response) =>
      url.endsWith('/me') ? Response.json({ ...((await response.json()) as object), sub: 'eve' }) : response,
  }
  for (const [what, tamper] of Object.entries(attempts)) {
    const system = await world()
    system.tamper = tamper
    assert.equal(await refusal(signIn(system)), 'PEOPLE_WRONG_CREDENTIALS', what)
  }
  const system = await world()
  system.tamper = rewritten({})
  assert.ok((await signIn(system)).ok, 'a token that was only written anew is taken')
})

test('where an age is configured, it is asked for and has to be told', async () => {
  const system = await world({ maximumAgeSeconds: 3_600 })
  assert.ok((await signIn(system)).ok)
  const { location, ceremony } = await begin(system)
  const changed = new URL(location)
  assert.equal(changed.searchParams.get('max_age'), '3600')
  changed.searchParams.delete('max_age')
  const url = pathOf(await real.visit(changed.href))
  assert.equal(await refusal(system.oidc.finish({ ceremony, url }, ORIGIN)), 'PEOPLE_WRONG_CREDENTIALS')
  assert.match(reasons(system).at(-1)!, /auth_time|claim/)
})

test('a provider that is away is said, and not asked on and on; unknown ones are refused', async () => {
  const system = await world()
  let asked = 0
  system.tamper = () => {
    asked++
    throw Object.assign(new Error('ECONNREFUSED'), { name: 'UnreachableError' })
  }
  for (let attempt = 0; attempt < 5; attempt++) {
    const begun = await system.oidc.begin('real', ORIGIN)
    assert.ok(!begun.ok && begun.error.code === 'PEOPLE_PROVIDER_UNAVAILABLE')
    assert.match(begun.error.message, /^Provider real cannot be asked/)
  }
  assert.equal(asked, 1)
  assert.deepEqual([...new Set(reasons(system))], ['ECONNREFUSED'])
  system.tamper = undefined
  system.clock.advance(10_000)
  assert.ok((await system.oidc.begin('real', ORIGIN)).ok)
  const unknown = await system.oidc.begin('constructor', ORIGIN)
  assert.ok(!unknown.ok && unknown.error.code === 'PEOPLE_UNKNOWN')
})

test('no secret, code or token is in an event', async () => {
  const system = await world()
  const { location, ceremony } = await begin(system)
  const back = await real.visit(location)
  real.account = { ...ADA, amr: ['pwd'] } as never
  await system.oidc.finish({ ceremony, url: pathOf(back) }, ORIGIN)
  await signIn(system)
  const text = JSON.stringify(system.events)
  for (const secret of [CLIENT_SECRET, ceremony, back.searchParams.get('code')!]) assert.ok(!text.includes(secret))
})

test('whatever a browser brings, it is a refusal and never a fault; the provider is not asked', async () => {
  const system = await world()
  const { location, ceremony } = await begin(system)
  const state = new URL(location).searchParams.get('state')!
  const before = real.asked.length
  const part = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.constantFrom(ceremony, callbackPath('real')))
  const url = fc.oneof(
    part,
    part.map(text => `${callbackPath('real')}?${text}`),
  )
  const sealed = fc.oneof(part, fc.constant(ceremony))
  await fc.assert(
    fc.asyncProperty(sealed, url, async (given, path) => {
      fc.pre(!path.includes(state))
      const result = await system.oidc.finish({ ceremony: given, url: path }, ORIGIN)
      assert.ok(!result.ok && result.error.code === 'PEOPLE_EXPIRED')
    }),
    { numRuns: 500 },
  )
  assert.equal(real.asked.length, before)
})

test('many at once ask a provider once who it is, and no more than 32 exchange a code', async () => {
  const system = await world()
  let discovered = 0
  let held = 0
  const release = Promise.withResolvers<void>()
  system.tamper = async (url, response) => {
    if (url.includes('.well-known')) discovered++
    if (url.endsWith('/token')) {
      held++
      await release.promise
    }
    return response
  }
  const begun = await Promise.all(Array.from({ length: 34 }, () => begin(system)))
  assert.equal(discovered, 1)
  const backs = await Promise.all(begun.map(({ location }) => real.visit(location)))
  const finishing = begun.map(({ ceremony }, at) => system.oidc.finish({ ceremony, url: pathOf(backs[at]!) }, ORIGIN))
  const refused = await Promise.all(finishing.slice(32).map(refusal))
  assert.deepEqual(refused, ['PEOPLE_LOCKED', 'PEOPLE_LOCKED'])
  release.resolve()
  const signedIn = await Promise.all(finishing.slice(0, 32))
  assert.equal(held, 32)
  assert.ok(signedIn.every(each => each.ok))
})

test('a stranger who goes there and back fills no log', async () => {
  const system = await world()
  for (let attempt = 0; attempt < 100; attempt++) {
    const { location, ceremony } = await begin(system)
    const state = new URL(location).searchParams.get('state')!
    const url = `${callbackPath('real')}?error=access_denied&state=${state}&iss=${encodeURIComponent(real.issuer)}`
    assert.equal(await refusal(system.oidc.finish({ ceremony, url }, ORIGIN)), 'PEOPLE_WRONG_CREDENTIALS')
  }
  const told = reasons(system).length
  assert.ok(told > 0 && told <= 30, String(told))
  const elsewhere = { ...ORIGIN, address: '203.0.113.9' }
  real.account = { ...ADA, amr: ['pwd'] } as never
  const { location, ceremony } = await begin(system)
  const back = await real.visit(location)
  await system.oidc.finish({ ceremony, url: pathOf(back) }, elsewhere)
  assert.equal(reasons(system).length, told + 1, 'others are told of all the same')
})
