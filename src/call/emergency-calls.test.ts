/** No state of ours loses a call for help while any trunk answers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NOTHING_LEFT } from '../../test/support/call-world.ts'
import { OutsideWorld, type WorldTrunk } from '../../test/support/outside-world.ts'
import { type ScriptedPhone, sdp } from '../../test/support/scripted-phone.ts'

test('it is told at once, with the place, and those named get a text', async () => {
  const world = new OutsideWorld()
  world.outside.calling = { emergencyLocationText: 'Main street 1, 2nd floor', emergencyNotify: ['100'] }
  const trunk = world.trunk('first')
  const desk = world.phone('100')
  const alice = world.phone('101')
  const invite = alice.invite('112', { body: sdp('alice') })
  invite.transmit()
  const ringing = await trunk.peer.ringing()
  assert.equal(ringing.request.requestUriText, 'sip:112@first.example;user=phone')
  assert.equal(ringing.request.header('Priority'), 'emergency')
  const text = await desk.expectRequest('MESSAGE')
  assert.match(text.body.toString(), /^EMERGENCY CALL: 101 .* dialled 112, at: Main street 1, 2nd floor$/)
  const [called] = world.eventsOf('emergency.called')
  assert.equal(called?.severity, 'critical')
  assert.equal(called?.data.location, 'Main street 1, 2nd floor')
  await ringing.answer()
  await (await invite.answered()).hangUp()
  assert.equal(world.eventsOf('emergency.connected')[0]?.data.trunk, 'first')
})

test('a phone that offers plain RTP is heard, when it calls for help and only then', async () => {
  const world = new OutsideWorld()
  const trunk = world.trunk('first')
  const alice = world.phone('101')
  alice.invite('110', { body: sdp('alice') }).transmit()
  await trunk.peer.ringing()
  assert.equal(world.media.opened.at(-1)?.options.a.allowInsecureRtp, 'answer')
  assert.equal(world.media.opened.at(-1)?.options.b.allowInsecureRtp, undefined)
  await alice.call('030901820')
  await trunk.peer.ringing()
  assert.equal(world.media.opened.at(-1)?.options.a.allowInsecureRtp, undefined)
})

test('the configured place goes along as a PIDF-LO body beside the offer', async () => {
  const world = new OutsideWorld()
  const pidf = '<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:desk@example.com"/>'
  world.outside.calling = { emergencyLocation: pidf }
  const trunk = world.trunk('first')
  const alice = world.phone('101')
  alice.invite('112', { body: sdp('alice') }).transmit()
  const { request } = await trunk.peer.ringing()
  const [, contentId] = /^<cid:(.+)>$/.exec(request.header('Geolocation') ?? '') ?? []
  assert.ok(contentId)
  assert.match(request.header('Content-Type') ?? '', /^multipart\/mixed;boundary="/)
  const body = request.body.toString()
  assert.ok(body.includes(`Content-ID: <${contentId}>\r\n`) && body.includes(pidf) && body.includes('m=audio'))
})

for (const status of [400, 415, 488]) {
  test(`${status} to a call with a place: the same trunk is asked again at once without it`, async () => {
    const world = new OutsideWorld()
    world.outside.calling = { emergencyLocation: '<presence/>' }
    const trunk = world.trunk('first')
    const alice = world.phone('101')
    const invite = alice.invite('112', { body: sdp('alice') })
    invite.transmit()
    await (await trunk.peer.ringing()).refuse(status)
    const again = await trunk.peer.ringing()
    assert.equal(again.request.header('Content-Type'), 'application/sdp')
    assert.equal(again.request.header('Geolocation'), undefined)
    await again.answer()
    await (await invite.answered()).hangUp()
  })
}

test('a trunk that is silent costs two seconds, one that only says 100 ten', async () => {
  const world = new OutsideWorld()
  const [first, second, third] = [world.trunk('first'), world.trunk('second'), world.trunk('third')]
  const alice = world.phone('101')
  const invite = alice.invite('112', { body: sdp('alice') })
  invite.transmit()
  await first.peer.ringing()
  await world.pass(2_100)
  const thinking = await second.peer.ringing()
  thinking.respond(100)
  await world.pass(10_100)
  const ringing = await third.peer.ringing()
  ringing.respond(180)
  await alice.expectResponse(180)
  await world.pass(60_000)
  await ringing.answer()
  await (await invite.answered()).hangUp()
  await third.peer.expectRequest('BYE')
})

test('urn:service:sos, and a number at a foreign domain, are calls for help too', async () => {
  const world = new OutsideWorld()
  const trunk = world.trunk('first')
  const alice = world.phone('101')
  world.addOrganisation('other.example')
  for (const target of [
    'urn:service:sos.police',
    'sip:112@other.example',
    'sip:112;phone-context=+49@example.com;user=phone',
  ]) {
    const invite = alice.invite('112', { body: sdp('alice') })
    Object.assign(invite, { uri: target })
    invite.transmit()
    const ringing = await trunk.peer.ringing()
    assert.equal(ringing.request.requestUriText, 'sip:112@first.example;user=phone', target)
    await ringing.answer()
    await (await invite.answered()).hangUp()
    await trunk.peer.expectRequest('BYE')
  }
})

test('when no trunk takes it, that is an event too', async () => {
  const world = new OutsideWorld()
  const alice = world.phone('101')
  alice.invite('112', { body: sdp('alice') }).transmit()
  await alice.expectResponse(503)
  assert.equal(world.eventsOf('emergency.failed')[0]?.data.attempts, 0)
  assert.equal(world.eventsOf('emergency.failed')[0]?.severity, 'critical')
})

/** Mulberry32: the same seed, the same worlds. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const FAILURES = [301, 400, 403, 404, 480, 486, 488, 500, 503, 603, 'silent', 'unreachable', 'only-100'] as const
const SEEDS = 150

test(`property: ${SEEDS} worlds in which one trunk answers, and everything else may be broken`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) await helped(seed)
})

async function helped(seed: number): Promise<void> {
  const random = generator(seed)
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!
  const chance = (share: number): boolean => random() < share
  const country = pick(['DE', 'US', 'GB', 'FR', 'AU', 'XX', ''])
  const number = ({ US: '911', GB: '999', FR: '112', AU: '000' } as Record<string, string>)[country] ?? '112'
  const outsidePrefix = pick([undefined, '0', '9', '00'])
  const world = new OutsideWorld({
    maximumCalls: chance(0.2) ? 1 : 100,
    admission: chance(0.3)
      ? {
          admit: () => {
            throw new Error('admission is broken')
          },
        }
      : { admit: () => ({ verdict: 'refuse', sipCode: 403, rule: 'FRAUD', reason: 'no money left' }) },
  })
  world.outside.calling = {
    country,
    outsidePrefix,
    openCountries: [],
    emergencyNotify: ['nobody', '101'],
    areaCode: pick([undefined, '', '112', '9']),
  }
  const trunks: WorldTrunk[] = []
  for (let count = 0; count < 1 + Math.floor(random() * 4); count++) {
    trunks.push(
      world.trunk(`t${count}`, {
        priority: Math.floor(random() * 3),
        state: chance(0.3) ? 'disabled' : 'enabled',
        maximumCalls: 1,
      }),
    )
  }
  const answering = pick(trunks)
  if (chance(0.3))
    world.outside.calling = {
      ...world.outside.calling,
      emergencyLocation: pick(['<presence/>', 'https://place.example/1', '', 'x y']),
    }
  const picky = chance(0.5)
  const failures = new Map(
    trunks.map(trunk => [trunk, trunk === answering ? (picky ? 'answers-the-plain' : 'answers') : pick(FAILURES)]),
  )
  for (const trunk of trunks) {
    trunk.room = chance(0.3) ? 0 : 1
    if (failures.get(trunk) === 'unreachable')
      trunk.failure = { ok: false, error: { failure: 'unreachable', message: 'no way' } }
  }
  const alice = world.phone('101')
  if (chance(0.3))
    world.directory.putExtension({ ...alice.account.extension, state: 'suspended', suspendedReason: 'stolen' })
  if (chance(0.3))
    world.calling(alice.account.extension, { doNotDisturb: true, privacy: true, forwardAlways: { kind: 'reject' } })
  if (chance(0.2)) world.records.broken = true
  if (chance(0.2)) void world.calls.drain()
  const dialled = chance(0.4) && outsidePrefix !== undefined ? `${outsidePrefix}${number}` : number
  const invite = alice.invite(dialled, { body: sdp('alice', 'sendrecv', chance(0.2) ? 'RTP/SAVP' : 'RTP/SAVP') })
  invite.transmit()
  const answered = await untilAnswered(world, alice, trunks, failures)
  assert.ok(answered, `seed ${seed}: ${dialled} in ${country}, ${[...failures.values()].join(' ')}`)
  const end = await world.leftoversAfter(() => world.calls.stop())
  assert.deepEqual({ ...end, failures: 0 }, NOTHING_LEFT, `seed ${seed}`)
}

/** Plays the trunks while time passes: true as soon as the caller hears 200. */
async function untilAnswered(
  world: OutsideWorld,
  alice: ScriptedPhone,
  trunks: readonly WorldTrunk[],
  failures: ReadonlyMap<WorldTrunk, string | number>,
): Promise<boolean> {
  for (let tick = 0; tick < 400; tick++) {
    await world.settle()
    for (const trunk of trunks) for (const message of trunk.peer.drain()) play(trunk, message, failures.get(trunk)!)
    for (const message of alice.drain()) {
      if (message.kind === 'request') continue
      if (message.status >= 300) return false
      if (message.status >= 200) return true
    }
    world.clock.advance(250)
  }
  return false
}

function play(trunk: WorldTrunk, message: Parameters<ScriptedPhone['send']>[0], how: string | number): void {
  if (message.kind !== 'request') return
  const { peer } = trunk
  if (message.method === 'CANCEL' || message.method === 'BYE') return void peer.respond(message, 200, 'peer')
  if (message.method !== 'INVITE' || how === 'silent') return
  if (how === 'only-100') return void peer.respond(message, 100, 'peer')
  if (how === 'answers-the-plain' && message.header('Content-Type') !== 'application/sdp')
    return void peer.respond(message, 415, 'peer')
  if (how === 'answers' || how === 'answers-the-plain')
    return void peer.respond(message, 200, 'peer', { body: sdp('trunk') })
  peer.respond(message, Number(how), 'peer')
}
