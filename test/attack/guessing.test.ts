/** Guessing passwords, by many and by one, at a running system with phones: what is tried, and who is hurt. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTalkers, type Talkers } from '../faults/talk.ts'
import { openGuesser, type GuessOutcome } from '../support/guesser.ts'
import type { PhoneCredentials } from '../support/phone-credentials.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'

const SOURCES = 1_000
const GUESSES_EACH = 4
const AT_ONCE = 20

let system: Ringfence
let victim: PhoneCredentials
let talkers: Talkers

before(async () => {
  system = await startRingfence({ name: 'guessing' })
  victim = await system.addPhone('301')
  talkers = await createTalkers(system, ['302', '303'])
  await talkers.register()
})

after(async () => {
  await talkers?.stop()
  await system?.stop()
})

async function failuresOf(username: string): Promise<number> {
  const operations = await system.operations()
  const events = accepted(await operations.events({ types: ['authentication.failed'], limit: 1_000 }))
  return events.filter(({ event }) => event.type === 'authentication.failed' && event.data.username === username).length
}

function addressOf(index: number): string {
  return `127.3.${index >> 8}.${(index & 255) + 1}`
}

test('4,000 guesses of 1,000 sources at one account: five are tried, and the phone that is registered notices nothing', {
  timeout: 180_000,
}, async context => {
  const { username } = talkers.a
  const { domain } = victim
  const talk = await talkers.talk()
  const outcomes = new Map<GuessOutcome, number>()
  const note = (outcome: GuessOutcome): void => void outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  let next = 0
  const attacker = async (): Promise<void> => {
    for (let index = next++; index < SOURCES; index = next++) {
      const guesser = await openGuesser(system, domain, addressOf(index))
      for (let i = 0; i < GUESSES_EACH; i++) note(await guesser.guess({ username, password: `guess-${index}-${i}` }))
      guesser.stop()
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, attacker))
  const tried = await failuresOf(username)
  context.diagnostic(`outcomes ${JSON.stringify([...outcomes])}, tried ${tried}`)
  assert.equal(tried, 5)
  assert.equal(outcomes.get(401), tried)
  assert.equal([...outcomes.keys()].includes(200), false)
  await talk.heard()
  await talk.hangUp()
  assert.equal((await talkers.a.register()).ok, true, 'the owner refreshes')
  await (await talkers.talk()).hangUp()
})

test('the right password does not work for a stranger meanwhile, and works once the address is allowed', {
  timeout: 60_000,
}, async () => {
  const { username, domain } = victim
  const attacker = await openGuesser(system, domain, '127.4.0.1')
  for (let i = 0; i < 5; i++) assert.equal(await attacker.guess({ username, password: `guess-${i}` }), 401)
  attacker.stop()
  const newPhone = await openGuesser(system, domain, '127.4.0.2')
  const right = { username, password: victim.password }
  assert.equal(await newPhone.guess(right), 503)
  const explained = await system.run('firewall', 'explain', '301')
  assert.match(explained.output, /takes no credentials from strangers/)
  assert.match(explained.output, /GUARD_ACCOUNT_GUESSING/)
  await system.run('firewall', 'allow', '127.4.0.2', '--for', '10m', '--reason', 'a new phone is set up')
  assert.equal(await newPhone.guess(right), 200)
  newPhone.stop()
  const another = await openGuesser(system, domain, '127.4.0.3')
  assert.equal(await another.guess(right), 503)
  assert.match((await system.run('firewall', 'unban', '301')).output, /Taken back: 1 decision/)
  assert.equal(await another.guess(right), 200)
  another.stop()
})

test('a dictionary from one address: ten names are tried, then the address is banned', {
  timeout: 60_000,
}, async () => {
  const { domain } = victim
  const attacker = await openGuesser(system, domain, '127.4.1.1')
  const outcomes: GuessOutcome[] = []
  for (let i = 0; i < 200; i++) outcomes.push(await attacker.guess({ username: `k${i}f3q9x2m1`, password: 'secret' }))
  attacker.stop()
  assert.equal(outcomes.filter(outcome => outcome === 401).length, 10)
  // One may have been dropped for its rate before.
  assert.ok(outcomes.lastIndexOf(401) < 20)
  const [decision] = await system.json<{ target: string; repeat: number }[]>('firewall', 'decisions', '--limit', '1')
  assert.equal(decision?.target, 'address 127.4.1.1')
  await talkers.talk().then(talk => talk.hangUp())
})

test('a ban survives a crash', { timeout: 60_000 }, async () => {
  await system.crash()
  await talkers.stop()
  system = await system.restart()
  const attacker = await openGuesser(system, victim.domain, '127.4.1.1')
  assert.equal(await attacker.guess({ username: victim.username, password: victim.password }), 'silence')
  attacker.stop()
  talkers = await createTalkers(system, ['304', '305'])
  await talkers.register()
})
