/** Our exports at real receivers of syslog over TLS: what arrives is what was sent, and who has no certificate gets nowhere. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { newId } from '../../src/base/ids.ts'
import { Secret } from '../../src/base/secret.ts'
import { createAuthority, issueServerCertificate } from '../../src/keys/certificate-authority.ts'
import type { RingfenceEvent } from '../../src/events/catalogue.ts'
import type { LoggedEvent } from '../../src/events/event-log.ts'
import { openSender } from '../../src/export/open-sender.ts'
import { readCef } from '../../src/export/test-support/readers.ts'
import type { ExportDestination, ExportForm, Sender } from '../../src/export/types.ts'
import { aDestination } from '../../src/export/test-support/world.ts'
import { requirePeers } from '../support/peers.ts'
import { eventually } from '../support/places.ts'
import { CLIENT_NAME, type SyslogReceiver, startRsyslog, startSyslogNg } from '../support/syslog-receivers.ts'

const CONTEXT = { host: 'pbx.example.com', version: '0.1.0' }
const HOSTILE = [
  'Yealink SIP-T54W 96.86.0.80',
  'x\r\n<34>1 2026-01-01T00:00:00Z evil su - - - root logged in',
  '\n120 <34>1 - - - - - -',
  '"] [fake@1 a="b"]',
  'a|b\\|c=d\\=e suser=root',
  '\u001b[31mred\u001b[0m\0\u009b',
  '\ud800 half, \u202eright to left',
  'y'.repeat(65_536),
  '\u{1f600}'.repeat(3_000),
  '%s%n $MSG $(id) `id`',
]

function refused(position: number, userAgent: string): LoggedEvent {
  const at = Date.now()
  const source = { address: '198.51.100.7', port: 5061, protocol: 'TLS', tls: 'TLSv1.3' }
  const event: RingfenceEvent = {
    id: newId<'EventId'>(at),
    type: 'registration.refused',
    at,
    severity: 'warning',
    organisationId: undefined,
    data: { username: userAgent, source, userAgent, reason: userAgent, sipCode: 403 },
  }
  return { position, event }
}

function destinationAt(receiver: SyslogReceiver, form: ExportForm, client = receiver.client): ExportDestination {
  const to = `127.0.0.1:${receiver.port}`
  const made = aDestination({ to, form, caPem: receiver.caPem, certificatePem: client.certificatePem })
  return { ...made, secrets: { ...made.secrets, key: new Secret(client.privateKeyPem) } }
}

const open = (destination: ExportDestination): Sender => openSender(destination, CONTEXT, Date.now)

async function deliver(sender: Sender, batch: readonly LoggedEvent[]): Promise<void> {
  const sent = await sender.send(batch)
  assert.ok(sent.ok, sent.ok ? '' : sent.error.detail)
  const confirmed = await sender.confirm?.()
  assert.ok(confirmed?.ok, confirmed?.ok === false ? confirmed.error.detail : '')
}

async function everyForm(receiver: SyslogReceiver): Promise<void> {
  const sent: LoggedEvent[] = []
  for (const form of ['plain', 'cef', 'json', 'ocsf', 'ecs'] as const) {
    const sender = open(destinationAt(receiver, form))
    const batch = Array.from({ length: 60 }, (_, index) =>
      refused(sent.length + index, HOSTILE[index % HOSTILE.length]!),
    )
    sent.push(...batch)
    await deliver(sender, batch)
    // The receiver has read to the end when it confirms; its file comes a moment later.
    const received = await eventually(
      () => (receiver.received().length >= sent.length ? receiver.received() : undefined),
      20_000,
      `${sent.length} messages of ${form}`,
    )
    assert.deepEqual(
      received.map(each => each.id),
      sent.map(({ event }) => event.id),
    )
    for (const each of received.slice(-batch.length)) {
      assert.equal(each.host, CONTEXT.host)
      assert.equal(each.type, 'registration.refused')
      assert.doesNotMatch(each.message, /[\u0000-\u001f\u007f-\u009f\u202e]/)
      if (form === 'cef') assert.equal(readCef(each.message.trim())?.extension.get('src'), '198.51.100.7')
      if (form !== 'cef' && form !== 'plain') assert.equal(typeof JSON.parse(each.message), 'object', each.message)
    }
    sender.close()
  }
}

async function certificates(receiver: SyslogReceiver): Promise<void> {
  const before = receiver.received().length
  const stranger = await createAuthority('stranger', Date.now())
  const foreign = await issueServerCertificate(stranger, [CLIENT_NAME], Date.now())
  const refusedByThem = open(destinationAt(receiver, 'json', foreign))
  const sent = await refusedByThem.send([refused(1, 'foreign')])
  const outcome = sent.ok ? await refusedByThem.confirm?.() : sent
  assert.equal(outcome?.ok, false, 'a client that it does not know gets a receipt')
  refusedByThem.close()

  const destination = destinationAt(receiver, 'json')
  const strict = open({ ...destination, settings: { ...destination.settings, caPem: stranger.certificatePem } })
  const notSent = await strict.send([refused(2, 'strict')])
  assert.ok(!notSent.ok && notSent.error.kind === 'later')
  assert.match(notSent.error.detail, /certificate|signature|issuer/i)
  strict.close()

  const wrongName = open({ ...destination, settings: { ...destination.settings, serverName: 'other.example.com' } })
  const notThem = await wrongName.send([refused(3, 'name')])
  assert.ok(!notThem.ok)
  assert.match(notThem.error.detail, /other\.example\.com/)
  wrongName.close()
  assert.equal(receiver.received().length, before)
}

test('rsyslog', async context => {
  if (!requirePeers(context, 'rsyslogd')) return
  const receiver = await startRsyslog()
  after(() => receiver.stop())
  await context.test('each form arrives as it was sent, whatever a stranger wrote', () => everyForm(receiver))
  await context.test('certificates are checked on both sides', () => certificates(receiver))
})

test('syslog-ng', async context => {
  const receiver = await startSyslogNg(context)
  if (receiver === undefined) return
  after(() => receiver.stop())
  await context.test('each form arrives as it was sent, whatever a stranger wrote', () => everyForm(receiver))
  await context.test('certificates are checked on both sides', () => certificates(receiver))
})
