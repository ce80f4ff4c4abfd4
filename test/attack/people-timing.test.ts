/**
 * Whether a stranger can find out who has an account, by how long the running product takes to refuse. Times are compared
 * with each other in the same run, in random order; that the comparison sees what an attacker would see is shown first.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { TOTP } from 'otpauth'
import { PASSWORD } from '../support/people-visits.ts'
import { generator } from '../support/phone-numbers.ts'
import { type Ringfence, startRingfence } from '../support/ringfence.ts'
import { type Compared, compareSamples } from '../support/two-samples.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

/** People of each kind. */
const PEOPLE = 20
/** How often each is asked for: fewer than lock an account over all networks. */
const ROUNDS = 16
/** Computing a password's hash takes some 40 ms: a tenth of it, left out for somebody, is to be seen. */
const PLANTED_MS = 4
/** The quick ones of each name: the rest is what else the machine had to do. */
const QUICK = 3
/** Standard deviations: once in ten thousand runs by chance. */
const TELLING = 4

interface Name {
  readonly email: string
  readonly kind: 'password' | 'invited' | 'nobody'
  readonly times: number[]
}

let system: Ringfence

before(async () => {
  system = await startRingfence({ name: 'people-timing' })
})

after(() => system?.stop())

/** Each from a network of its own: no limit ends this, and none of them is one that anybody is known from. */
let networks = 0
function visitor(): Visitor {
  const at = networks++
  const address = `127.${100 + (at >> 8)}.${at & 255}.1`
  return createVisitor({ port: system.ready.https.port, ca: system.caPem, name: 'localhost', address })
}

async function add(email: string, enrol: boolean): Promise<void> {
  const people = await system.operations()
  const invited = await people.peopleInvite({ email, name: 'Somebody', role: 'auditor' })
  assert.ok(invited.ok, JSON.stringify(invited))
  if (!enrol) return
  const own = visitor()
  const token = invited.value.url.split('#')[1]!
  const { body } = await own.ask('POST', '/enrolment/open', { token })
  const code = new TOTP({ secret: body.totp.secret }).generate()
  const done = await own.ask('POST', '/enrolment/password', { enrolment: body.enrolment, password: PASSWORD, code })
  assert.equal(done.status, 200, done.text)
}

function isTelling({ z }: Compared): boolean {
  return Math.abs(z) > TELLING
}

test('neither the answer nor its time tells who has an account, a password, or nothing yet', {
  timeout: 240_000,
}, async context => {
  const pick = generator(11)
  const letters = (): string => Array.from({ length: 10 }, () => String.fromCharCode(97 + pick(26))).join('')
  const kinds = ['password', 'invited', 'nobody'] as const
  const names: Name[] = kinds.flatMap(kind =>
    Array.from({ length: PEOPLE }, () => ({ email: `${letters()}@example.com`, kind, times: [] })),
  )
  for (const { email, kind } of names) if (kind !== 'nobody') await add(email, kind === 'password')
  const shapes = new Set<string>()
  for (let round = 0; round <= ROUNDS; round++) {
    for (const name of names.map(each => ({ each, at: pick(1 << 30) })).toSorted((a, b) => a.at - b.at)) {
      const { email, times } = name.each
      const asked = { email, password: 'this is not the password', code: '123456' }
      const { status, text, took } = await visitor().ask('POST', '/auth/password', asked)
      shapes.add(`${status} ${text}`)
      // The first round warms up.
      if (round > 0) times.push(took)
    }
  }
  assert.equal(shapes.size, 1, [...shapes].join('\n'))
  assert.match([...shapes][0]!, /^401 /)
  const of = (kind: Name['kind']): readonly number[] =>
    names.filter(each => each.kind === kind).map(({ times }) => times.toSorted((a, b) => a - b)[QUICK]!)
  const nobody = of('nobody')
  const planted = compareSamples(
    of('password').map(time => time + PLANTED_MS),
    nobody,
  )
  context.diagnostic(`planted ${PLANTED_MS} ms: ${JSON.stringify(planted)}`)
  assert.ok(isTelling(planted), 'the comparison would not see what an attacker sees')
  for (const kind of ['password', 'invited'] as const) {
    const compared = compareSamples(of(kind), nobody)
    context.diagnostic(`${kind}: ${JSON.stringify(compared)}`)
    assert.equal(isTelling(compared), false, `${kind} is told from nobody`)
  }
})
