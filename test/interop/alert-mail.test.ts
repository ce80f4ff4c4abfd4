/** Alerts by mail to a real mail server: encrypted and verified, or not at all. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createMailChannel, type MailOptions } from '../../src/alert/mail.ts'
import type { AlertMessage } from '../../src/alert/types.ts'
import { randomToken } from '../../src/base/random.ts'
import { Secret } from '../../src/base/secret.ts'
import { createTestAuthority, type TestAuthority } from '../../src/sip/transport/test-certificates.ts'
import { type MailServer, type MailServerMode, startMailServer } from '../support/mail-server.ts'
import { requirePeers } from '../support/peers.ts'
import { temporaryFolder } from '../support/places.ts'

const PASSWORD = randomToken(16)
const LOGIN = { user: 'pbx', password: PASSWORD }
const folder = temporaryFolder('alert-mail')
const running: MailServer[] = []
let authority: TestAuthority

before(async () => {
  authority = await createTestAuthority()
})
after(async () => {
  await Promise.all(running.map(each => each.process.stop()))
  folder.remove()
})

async function server(mode: MailServerMode, more: Partial<Parameters<typeof startMailServer>[0]> = {}) {
  const started = await startMailServer({ mode, authority, folder, login: LOGIN, ...more })
  running.push(started)
  return started
}

function channel(port: number, more: Partial<MailOptions> = {}) {
  return createMailChannel({
    host: '127.0.0.1',
    port,
    security: 'starttls',
    login: { user: LOGIN.user, password: new Secret(PASSWORD) },
    from: 'pbx@example.com',
    to: ['owner@example.com'],
    caPem: authority.certificatePem,
    timeoutMs: 10_000,
    ...more,
  })
}

const message: AlertMessage = {
  more: 0,
  notice: {
    id: '0190-1',
    type: 'fraud.suspended',
    at: Date.UTC(2026, 10, 23, 3, 4, 5),
    urgency: 'critical',
    group: 'g',
    title: 'Extension 101 (Büro)\r\nBcc: thief@example.com was suspended',
    happened: 'Twenty calls in a minute.\r\n.\r\nQUIT',
    who: 'extension 101 (Büro)',
    cost: '1.50 EUR',
    prevented: undefined,
    done: 'Suspended.',
    advice: undefined,
    undo: { url: `https://pbx.example.com:8443/undo/${randomToken(32)}`, until: Date.UTC(2026, 10, 30) },
    details: { rule: 'FRAUD_BURST' },
  },
}

for (const mode of ['starttls', 'tls'] as const) {
  test(`a message is taken over ${mode}, whole, from somebody who logged in`, async context => {
    if (!requirePeers(context, 'aiosmtpd')) return
    const { port, mail: taken } = await server(mode)
    assert.deepEqual(await channel(port, { security: mode, to: ['a@example.com', 'b@example.com'] }).send(message), {
      ok: true,
      value: undefined,
    })
    const mail = await taken()
    assert.deepEqual(mail.recipients, ['a@example.com', 'b@example.com'])
    assert.deepEqual([mail.sender, mail.user], ['pbx@example.com', 'pbx'])
    assert.match(mail.tls ?? '', /^TLSv1\.[23]$/)
    const text = mail.text
    assert.match(text, /^Auto-Submitted: auto-generated\r$/m)
    assert.match(text, /^Message-ID: <0190-1@example\.com>\r$/im)
    const header = text.slice(0, text.indexOf('\r\n\r\n'))
    assert.doesNotMatch(header, /^Bcc:/im)
    const body = text.slice(text.indexOf('\r\n\r\n')).replaceAll('=\r\n', '').replaceAll('=3D', '=')
    assert.ok(body.includes(message.notice.undo!.url))
    assert.match(body, /What it cost so far\r\n {2}1\.50 EUR/)
  })
}

test('a server without encryption gets neither the message nor the password', async context => {
  if (!requirePeers(context, 'aiosmtpd')) return
  const { port, kinds } = await server('plain')
  for (const security of ['starttls', 'tls'] as const) {
    const result = await channel(port, { security, timeoutMs: 2_000 }).send(message)
    assert.ok(!result.ok)
  }
  assert.deepEqual(new Set(kinds()), new Set(['ready', 'connection']))
})

test('only who asks for it by name sends in clear', async context => {
  if (!requirePeers(context, 'aiosmtpd')) return
  const { port, mail } = await server('plain', { login: { user: '', password: '' } })
  const result = await channel(port, { allowInsecurePlaintext: true, login: undefined }).send(message)
  assert.ok(result.ok)
  assert.equal((await mail()).tls, null)
})

for (const mode of ['starttls', 'tls'] as const) {
  test(`over ${mode} a certificate of somebody else, or of another name, gets neither message nor password`, async context => {
    if (!requirePeers(context, 'aiosmtpd')) return
    const { port, kinds } = await server(mode)
    const stranger = await createTestAuthority()
    assert.ok(!(await channel(port, { security: mode, caPem: stranger.certificatePem }).send(message)).ok)
    assert.ok(!(await channel(port, { security: mode, caPem: undefined }).send(message)).ok)
    const other = await server(mode, { names: ['mail.example'] })
    const result = await channel(other.port, { security: mode }).send(message)
    assert.ok(!result.ok && /altname|match|cert/i.test(result.error.detail), JSON.stringify(result))
    for (const each of [kinds(), other.kinds()])
      assert.deepEqual(
        each.filter(kind => /mail|login/.test(kind)),
        [],
      )
  })
}

test('a wrong password is said without the password, and not tried again', async context => {
  if (!requirePeers(context, 'aiosmtpd')) return
  const { port } = await server('starttls')
  const wrong = randomToken(16)
  const result = await channel(port, { login: { user: 'pbx', password: new Secret(wrong) } }).send(message)
  assert.ok(!result.ok)
  assert.equal(result.error.temporary, false)
  assert.match(result.error.detail, /does not take the user name and password/)
  assert.ok(!JSON.stringify(result).includes(wrong))
})

test('a mailbox that is not there is the end of it; one that is busy is not', async context => {
  if (!requirePeers(context, 'aiosmtpd')) return
  const { port } = await server('starttls')
  const gone = await channel(port, { to: ['nobody@example.com'] }).send(message)
  assert.ok(!gone.ok && !gone.error.temporary, JSON.stringify(gone))
  const busy = await channel(port, { to: ['later@example.com'] }).send(message)
  assert.ok(!busy.ok && busy.error.temporary, JSON.stringify(busy))
})

test('a server that is not there is tried again later', async context => {
  if (!requirePeers(context, 'aiosmtpd')) return
  const { port, process } = await server('starttls')
  await process.stop()
  const result = await channel(port).send(message)
  assert.ok(!result.ok && result.error.temporary)
})
