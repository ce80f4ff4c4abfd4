/** The simulated providers by themselves, with phones that are not the product: what the other trunk tests rest on. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { requirePeers } from '../support/peers.ts'
import { freeUdpPort, startProvider } from '../support/provider/provider.ts'
import { requestsOf } from '../support/provider/seen.ts'
import { proxyOf, testPhoneFor } from '../support/test-phones.ts'
import { assertHears } from '../support/tone-check.ts'
import type { TestPhone } from '../../src/test-phone/test-phone.ts'

const NUMBER = '+493023125100'
const cleanUp: (() => Promise<void>)[] = []

after(async () => {
  for (const close of cleanUp.toReversed()) await close()
})

async function talk(from: TestPhone, to: TestPhone, target: string): Promise<void> {
  const incoming = to.nextIncoming(8000)
  const call = from.call(target, { speak: 440 })
  const other = await incoming
  other.speak(1000)
  await other.answer()
  assert.equal((await call.outcome).ok, true, JSON.stringify(await call.outcome))
  await assertHears('caller', call.measureTone, 1000)
  await assertHears('called', other.measureTone, 440)
  const ended = other.ended
  await call.hangup()
  assert.equal((await ended).by, 'them')
}

for (const algorithm of ['MD5', 'SHA-256'] as const) {
  test(`a provider that registers trunks, ${algorithm}`, { timeout: 60_000 }, async t => {
    if (!requirePeers(t, 'kamailio')) return
    const provider = await startProvider({
      kind: 'tls-digest',
      address: '127.0.0.31',
      algorithm,
      requestUri: 'contact',
    })
    cleanUp.push(provider.stop)
    const credentials = {
      username: provider.username,
      password: provider.password,
      domain: provider.domain,
      registrar: `sip:${provider.domain}`,
      outboundProxy: `sip:${provider.address}:${provider.port};transport=tls`,
      ca: provider.caFile,
    }
    const trunk = testPhoneFor(credentials, provider.caPem!)
    const stranger = testPhoneFor({ ...credentials, password: 'wrong' }, provider.caPem!)
    const phone = testPhoneFor(provider.subscriber, '', { outboundProxy: proxyOf(provider.subscriber.outboundProxy) })
    cleanUp.push(trunk.stop, stranger.stop, phone.stop)
    assert.equal((await phone.register()).ok, true)
    assert.equal((await stranger.register()).ok, false)
    assert.equal((await trunk.register()).ok, true)
    await talk(trunk, phone, provider.subscriber.username)
    const { username } = provider.subscriber
    await provider.callsLookLike({
      from: `sip:+4930000@${provider.domain}`,
      name: 'Some One',
      asserted: `sip:${username}@${provider.domain}`,
      privacy: 'id',
    })
    await talk(phone, trunk, NUMBER)
    await provider.answerWith(503)
    const refused = await trunk.call(username).outcome
    assert.equal(refused.ok ? 200 : refused.status, 503)
    await provider.answerWith(undefined)
    await provider.answerLate(300)
    await talk(trunk, phone, username)
    await provider.answerLate(undefined)
    const invites = requestsOf(provider.seen(), 'INVITE')
    assert.equal(invites.length >= 5, true)
    assert.ok(invites.every(invite => invite.from.uri.kind === 'sip' && invite.from.uri.user === provider.username))
    await provider.stop()
  })
}

test('a provider with fixed addresses, and another that is its customer', { timeout: 60_000 }, async t => {
  if (!requirePeers(t, 'kamailio')) return
  const [near, far] = [
    { address: '127.0.0.32', port: await freeUdpPort('127.0.0.32') },
    { address: '127.0.0.33', port: await freeUdpPort('127.0.0.33') },
  ]
  const one = await startProvider({ kind: 'udp-fixed', ...near, customer: far })
  cleanUp.push(one.stop)
  const two = await startProvider({ kind: 'udp-fixed', ...far, customer: near, subscriber: NUMBER })
  cleanUp.push(two.stop)
  const a = testPhoneFor(one.subscriber, '', { suites: [] })
  const b = testPhoneFor(two.subscriber, '', { suites: [] })
  cleanUp.push(a.stop, b.stop)
  assert.equal((await a.register()).ok, true)
  assert.equal((await b.register()).ok, true)
  await one.callsLookLike({ asserted: `sip:${one.subscriber.username}@${one.domain}`, privacy: 'id' })
  await talk(a, b, NUMBER)
  await talk(b, a, one.subscriber.username)
  const [invite] = requestsOf(two.seen(), 'INVITE')
  assert.equal(invite?.header('P-Asserted-Identity'), `<sip:${one.subscriber.username}@${one.domain}>`)
  assert.equal(invite.header('Privacy'), 'id')
  for (const deaf of ['silent', 'frozen'] as const) {
    if (deaf === 'silent') await two.goSilent()
    else two.freeze()
    const seen = two.seen().length
    const call = a.call(NUMBER)
    if (deaf === 'silent') await two.waitForRequest('INVITE', 5000, seen)
    await call.hangup()
    if (deaf === 'silent') await two.goSilent(false)
    else two.thaw()
  }
  await two.stop()
  const outcome = await a.call(NUMBER).outcome
  assert.equal(outcome.ok, false)
})
