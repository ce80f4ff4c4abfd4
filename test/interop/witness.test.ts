/** tshark and tcpdump as the witness: while two baresip phones talk, nothing of it crosses the wire in clear. */
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { PCMU } from '../../src/test-phone/g711.ts'
import { createToneGenerator } from '../../src/test-phone/tone.ts'
import { startBaresip } from '../support/baresip.ts'
import { countBytes, countFrames, keepPorts, startCapture } from '../support/capture.ts'
import { interopSection } from '../support/interop-report.ts'
import { peerVersion, requireCapture, requirePeers } from '../support/peers.ts'
import { pause } from '../support/places.ts'
import { processTree, usedPorts } from '../support/process-figures.ts'
import { type Ringfence, startRingfence } from '../support/ringfence.ts'
import { assertHears } from '../support/tone-check.ts'

const WITNESS = `tshark ${peerVersion('tshark')}`
const TONE = 440
/** Every SIP message has these in its first lines. */
const SIP_WORDS = ['SIP/2.0', 'INVITE sip:', 'REGISTER sip:', 'Call-ID:', 'a=crypto:', 'application/sdp']
const report = interopSection('witness', 'Witness of the wire', [
  'The capture is searched for SIP keywords, for the PCMU octets of the tone that is spoken, and with the dissectors of tshark.',
  'Positive control: the same search finds a SIP message and tone packets that are sent in clear for the purpose.',
])

let system: Ringfence | undefined

before(async () => {
  if (peerVersion('baresip') !== undefined && peerVersion('tcpdump') !== undefined) {
    system = await startRingfence({ name: 'witness' })
  }
})

after(async () => {
  await system?.stop()
  report.write()
})

/** All alignments of 40 octets of the tone as PCMU: what a tap would play. baresip and the test tone share level and phase grid. */
function tonePatterns(level: number): Buffer[] {
  const octets = PCMU.encode(createToneGenerator(TONE, 8000, level).next(8000))
  return [0, 160, 320, 480, 640].map(offset => octets.subarray(offset, offset + 40))
}

test('the wire holds no SIP and no sound in clear, and the witness can see', { timeout: 60_000 }, async t => {
  if (!requirePeers(t, 'baresip') || !requireCapture(t) || system === undefined) return
  const [alice, bob] = [await system.addPhone('801'), await system.addPhone('802')]
  const folder = system.data.path
  const capture = await startCapture(join(folder, 'everything.pcap'))
  const call = join(folder, 'call.pcap')
  let ports: number[] = []
  const a = await startBaresip({ folder, name: 'a', credentials: alice, tone: TONE })
  const b = await startBaresip({ folder, name: 'b', credentials: bob, tone: TONE })
  try {
    await a.registered()
    await b.registered()
    await a.dial('802')
    await b.waitFor('CALL_INCOMING')
    await b.accept()
    await a.waitFor('CALL_ESTABLISHED')
    await assertHears('b', b.measure, TONE)
    ports = usedPorts([...processTree(system.process.pid), a.process.pid, b.process.pid])
    await a.hangup()
    await pause(300)
  } finally {
    await a.stop()
    await b.stop()
    await capture.stop()
  }
  await keepPorts(capture.file, call, ports)
  await report.row(WITNESS, 'capture of a whole call, registration to hang-up', async () => {
    for (const word of SIP_WORDS) assert.equal(countBytes(call, word), 0, `${word} in clear`)
    for (const pattern of tonePatterns(-10)) assert.equal(countBytes(call, pattern), 0, 'the tone in clear')
    assert.equal(await countFrames(call, 'sip'), 0)
    // What it does see: TLS with our server, and a stream of UDP packets of SRTP's size, of which none is a known PCMU payload.
    const { port } = system!.ready.sipTls
    assert.ok((await countFrames(call, `tls && tcp.port == ${port}`, [`tcp.port==${port},tls`])) > 10)
    assert.ok((await countFrames(call, 'udp.length >= 180 && udp.length <= 200')) > 50)
    return 'no SIP and no sound in clear'
  })
  await report.row(WITNESS, 'positive control: SIP and tone in clear', async () => {
    const capturing = await startCapture(join(folder, 'control-everything.pcap'), 'udp')
    const control = join(folder, 'control.pcap')
    const socket = createSocket('udp4')
    await new Promise<void>(bound => socket.bind(0, '127.0.0.1', bound))
    const { port } = socket.address()
    const message = Buffer.from('OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 0\r\n\r\n')
    socket.send(message, 5060, '127.0.0.1')
    const octets = PCMU.encode(createToneGenerator(TONE, 8000, -10).next(800))
    for (let frame = 0; frame < 5; frame++) {
      const header = Buffer.from([0x80, 0, 0, frame, 0, 0, 0, 0, 1, 2, 3, 4])
      socket.send(Buffer.concat([header, octets.subarray(160 * frame, 160 * (frame + 1))]), 40_000, '127.0.0.1')
    }
    await pause(200)
    socket.close()
    await capturing.stop()
    await keepPorts(capturing.file, control, [port])
    assert.equal(await countFrames(control, 'sip'), 1)
    assert.equal(countBytes(control, 'SIP/2.0'), 1)
    for (const pattern of tonePatterns(-10)) assert.ok(countBytes(control, pattern) >= 1)
    return 'seen'
  })
})
