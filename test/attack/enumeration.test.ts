/**
 * Whether a stranger can find out which names exist: by what is answered, and by how long it takes. Times are compared with each
 * other in the same run, in random order over one connection; that the comparison sees what an attacker would see is shown first.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../support/places.ts'
import { generator } from '../support/phone-numbers.ts'
import { openRaw, rawAuthorization, type RawConnection, rawRequest } from '../support/raw-sip.ts'
import { type Ringfence, startRingfence } from '../support/ringfence.ts'
import { type Compared, compareSamples } from '../support/two-samples.ts'

const STRANGER = '127.5.0.1'
/** How often each name is asked for. */
const ROUNDS = 150
const WARM_UP_ROUNDS = 10
/** What an attacker in the same building could use, after many thousand questions. */
const PLANTED_US = 100
/** Standard deviations: once in ten thousand runs by chance. */
const TELLING = 4
/** The quick tenth: the rest is what else the machine had to do. */
const QUANTILE = 0.1
const ANSWER = /SIP\/2\.0 (\d{3})[\s\S]*?\r\n\r\n/

const settings = temporaryFolder('enumeration-settings')
let system: Ringfence
let domain: string
const known: string[] = []

before(async () => {
  const file = join(settings.path, 'ringfence.yaml')
  // Neither a ban nor a rate ends this: the times are what is looked at. A named network has to prove itself like everybody.
  writeFileSync(file, `knownNetworks: [${STRANGER}/32]\n`)
  system = await startRingfence({ name: 'enumeration', arguments: ['--config', file] })
  for (let number = 401; number < 421; number++) {
    const phone = await system.addPhone(`${number}`)
    domain = phone.domain
    known.push(phone.username)
  }
  await system.run('firewall', 'allow', STRANGER)
})

after(async () => {
  await system?.stop()
  settings.remove()
})

/** As the real ones look. */
function inventName(pick: (bound: number) => number): string {
  const alphabet = [...new Set(known.join(''))]
  return Array.from({ length: known[0]!.length }, () => alphabet[pick(alphabet.length)]).join('')
}

type Ask = (username: string) => string

/** For each name that exists, and for each that does not, how long an answer takes, in microseconds. */
async function measure(raw: RawConnection, ask: Ask): Promise<readonly [readonly number[], readonly number[]]> {
  const pick = generator(7)
  const names = [known.map(() => inventName(pick)), known].flatMap((list, exists) =>
    list.map(username => ({ username, exists, times: [] as number[] })),
  )
  const shapes: [Set<string>, Set<string>] = [new Set(), new Set()]
  for (let round = 0; round < ROUNDS; round++) {
    // Made before, and in random order, so that nothing but the name is different.
    const order = names.map(name => ({ name, request: ask(name.username), at: pick(1 << 30) }))
    for (const { name, request } of order.toSorted((a, b) => a.at - b.at)) {
      const at = raw.received().length
      const start = process.hrtime.bigint()
      raw.send(request)
      const answer = await raw.waitFor(ANSWER, 5_000, at)
      const took = Number(process.hrtime.bigint() - start) / 1_000
      assert.ok(answer, 'no answer')
      shapes[name.exists]!.add(shape(answer[0], name.username))
      if (round >= WARM_UP_ROUNDS) name.times.push(took)
    }
  }
  assert.deepEqual(shapes[0], shapes[1], 'what is answered tells who exists')
  assert.equal(shapes[0].size, 1)
  const quick = (exists: number): readonly number[] =>
    names
      .filter(name => name.exists === exists)
      .map(({ times }) => times.toSorted((a, b) => a - b)[times.length * QUANTILE]!)
  return [quick(0), quick(1)]
}

function shape(answer: string, username: string): string {
  return answer
    .replaceAll(username, 'USER')
    .replace(/nonce="[^"]*"/g, 'nonce')
    .replace(/branch=[^;\r]*/g, 'branch')
    .replace(/tag=[^;\r]*/g, 'tag')
    .replace(/rport=\d+/g, 'rport')
    .replace(/Call-ID: .*/g, 'Call-ID')
    .replace(/CSeq: .*/g, 'CSeq')
    .replace(/Date: .*/g, 'Date')
}

function isTelling({ z }: Compared): boolean {
  return Math.abs(z) > TELLING
}

for (const [what, credentials] of [
  ['without credentials', false],
  ['with wrong ones', true],
] as const) {
  test(`REGISTER ${what}: neither the answer nor its time tells who exists`, { timeout: 120_000 }, async context => {
    const raw = await openRaw({ ...system.ready.sipTls, ca: system.caPem, localAddress: STRANGER })
    const uri = `sip:${domain}`
    raw.send(rawRequest({ method: 'REGISTER', uri, from: `sip:${known[0]}@${domain}` }))
    const challenge = await raw.waitFor(ANSWER, 5_000)
    assert.equal(challenge?.[1], '401')
    const ask: Ask = username => {
      const user = { username, password: 'not this one' }
      const headers = credentials ? [rawAuthorization(challenge[0], user, 'REGISTER', uri)] : []
      return rawRequest({ method: 'REGISTER', uri, from: `sip:${username}@${domain}`, headers })
    }
    const [unknown, existing] = await measure(raw, ask)
    raw.destroy()
    const planted = compareSamples(
      existing.map(time => time + PLANTED_US),
      unknown,
    )
    context.diagnostic(`planted: ${JSON.stringify(planted)}`)
    assert.ok(isTelling(planted), 'the comparison would not see what an attacker sees')
    const compared = compareSamples(existing, unknown)
    context.diagnostic(`found: ${JSON.stringify(compared)}`)
    assert.equal(isTelling(compared), false)
  })
}
