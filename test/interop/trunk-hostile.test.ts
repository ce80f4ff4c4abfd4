/** A provider that answers wrongly, late, twice, in clear or never: the call ends with a cause that names it, and nothing is left. */
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { after, before, test } from 'node:test'
import type { TrunkChange } from '../../src/api/outside-operations.ts'
import type { PhoneCall } from '../../src/test-phone/call.ts'
import type { TestPhone } from '../../src/test-phone/test-phone.ts'
import { interopSection } from '../support/interop-report.ts'
import { eventually, pause } from '../support/places.ts'
import { decentAnswer, type HostilePeer, startHostilePeer } from '../support/provider/hostile-peer.ts'
import { ELSEWHERE, HOSTILE_CASES, type HostileCase } from '../support/provider/hostile-scripts.ts'
import { OUTSIDE_DIALLED, type OutsideWorld, OWNED, startOutsideWorld } from '../support/provider/outside-world.ts'
import { accepted } from '../support/ringfence.ts'
import { assertHears } from '../support/tone-check.ts'

const report = interopSection('trunk-hostile', 'A provider that means ill', [
  'The provider is sockets and text, nothing of our stack. After all of it no leg, call or place at a trunk is left.',
])

/** The shortest that the configuration allows. */
const MEDIA_SECONDS = 5

let world: OutsideWorld
let peer: HostilePeer
let alice: TestPhone
let elsewhere = 0
const other = createSocket('udp4').on('message', () => elsewhere++)

before(async () => {
  world = await startOutsideWorld('trunk-hostile', { ringSeconds: 5, mediaSeconds: MEDIA_SECONDS })
  peer = await startHostilePeer('TLS', '127.0.0.45')
  world.cleanUp.push(peer.stop)
  await new Promise<void>(done => other.bind(ELSEWHERE.port, ELSEWHERE.address, done))
  alice = await world.phone('101')
  accepted(await world.operations.numberAdd({ e164: OWNED, target: 'extension:101' }))
})

after(async () => {
  other.close()
  await world?.stop()
  report.write()
})

async function addTrunk(name: string, more: Partial<TrunkChange> = {}): Promise<void> {
  const certificateAuthority = peer.caPem ?? null
  const { address: host, port } = peer
  const account = { username: 'account', password: 'secret-of-the-account' }
  accepted(
    await world.operations.trunkAdd({
      name,
      host,
      port,
      certificateAuthority,
      sources: [`${host}/32`],
      ...account,
      ...more,
    }),
  )
}

/** What the caller heard, as text for the report. */
async function callAsMeant(hostile: HostileCase): Promise<string> {
  const call = alice.call(OUTSIDE_DIALLED)
  if (hostile.call === 'cancelled') {
    await call.ringing
    await call.hangup()
    return 'cancelled'
  }
  const outcome = await call.outcome
  if (hostile.call === 'refused or ended' && !outcome.ok) return `${outcome.status}`
  if (hostile.call === 'refused') {
    assert.ok(!outcome.ok, 'it was answered')
    assert.notEqual(outcome.status, 408, 'the phone itself gave up')
    return `${outcome.status}`
  }
  assert.equal(outcome.ok, true, JSON.stringify(outcome))
  if (hostile.call === 'ended' || hostile.call === 'refused or ended') {
    assert.equal((await call.ended).by, 'them')
    return 'ended by the provider'
  }
  await pause(500)
  assert.equal(call.state, 'answered', 'the call goes on')
  await call.hangup()
  return 'the call goes on'
}

for (const [index, hostile] of HOSTILE_CASES.entries()) {
  test(hostile.name, { timeout: 60_000 }, async () => {
    await report.row('hostile', hostile.name, async () => {
      const trunk = `hostile-${index}`
      peer.play(hostile.script)
      await addTrunk(trunk)
      const since = Date.now()
      try {
        const heard = await callAsMeant(hostile)
        const { end } = await world.lastCall(since)
        assert.ok(hostile.causes.includes(end!.cause), `the record says ${end?.side} ${end?.cause} ${end?.sipCode}`)
        const missing = (): string | undefined => hostile.missing?.(peer)
        await eventually(() => missing() === undefined, 5000, 'what the provider hears').catch(() =>
          assert.fail(missing()),
        )
        return `${heard}; ${end?.cause}`
      } finally {
        await world.operations.trunkRemove({ name: trunk })
      }
    })
  })
}

/** PCMU silence would be nothing to hear: a square wave of 500 Hz, in clear. */
function plainPacket(sequence: number): Buffer {
  const packet = Buffer.alloc(172)
  packet[0] = 0x80
  packet.writeUInt16BE(sequence & 0xffff, 2)
  packet.writeUInt32BE(sequence * 160, 4)
  packet.writeUInt32BE(0x12345678, 8)
  for (let i = 0; i < 160; i++) packet[12 + i] = i % 16 < 8 ? 0x90 : 0x10
  return packet
}

/** The provider answers as it should and sends packets in clear, whatever was agreed; `during` has the call. */
async function spokenToInClear(more: Partial<TrunkChange>, during: (call: PhoneCall) => Promise<void>): Promise<void> {
  const media = createSocket('udp4')
  let timer: NodeJS.Timeout | undefined
  try {
    await new Promise<void>(done => media.bind(0, peer.address, done))
    peer.play({
      INVITE(heard, to) {
        const body = decentAnswer(heard, peer.address).replace('m=audio 30000', `m=audio ${media.address().port}`)
        to.answer(heard, 200, { body })
        const port = Number(/^m=audio (\d+)/m.exec(heard.body)?.[1])
        let sequence = 0
        timer = setInterval(() => media.send(plainPacket(sequence++), port, '127.0.0.1'), 20)
      },
    })
    await addTrunk('in-clear', more)
    const call = alice.call(OUTSIDE_DIALLED, { speak: 440 })
    assert.equal((await call.outcome).ok, true)
    await during(call)
  } finally {
    clearInterval(timer)
    media.close()
    await world.operations.trunkRemove({ name: 'in-clear' })
  }
}

test('it agrees on SRTP and speaks in clear', { timeout: 60_000 }, async () => {
  await report.row('hostile', 'positive control: RTP in clear is allowed, agreed and sent', () =>
    spokenToInClear({ allowInsecureMedia: true }, async call => {
      await assertHears('inside', call.measureTone, 500)
      await call.hangup()
    }),
  )
  await report.row('hostile', 'SRTP is agreed, RTP in clear is sent: nothing is heard, the call ends', async () => {
    const since = Date.now()
    await spokenToInClear({}, async call => {
      const heard = await call.measureTone(500, 1000)
      assert.ok(heard.samples === 0 || heard.share < 0.02, `what came in clear is heard: ${JSON.stringify(heard)}`)
      assert.equal((await call.ended).by, 'them')
    })
    const { end } = await world.lastCall(since)
    assert.equal(end?.cause, 'media-timeout')
    assert.equal(end.side, 'callee')
    return end.cause
  })
})

test('nobody was called elsewhere, and nothing is left', { timeout: 90_000 }, async () => {
  assert.equal(elsewhere, 0)
  await world.quiet(80_000)
})
