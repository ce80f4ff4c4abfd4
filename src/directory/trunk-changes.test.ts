import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { Secret } from '../base/secret.ts'
import type { NewTrunk } from './outside-changes.ts'
import { MAXIMUM_TRUNKS } from './outside-rules.ts'
import { ACTOR, accepted, codeOf, refusal, startDirectory } from './test-support/started-directory.ts'

const HOST = 'sip.example.net'

test('a trunk is TLS and SRTP, enabled, and kept over a restart', async () => {
  const { directory, published, restarted } = await startDirectory()
  const trunk = await accepted(directory.addTrunk({ name: 'carrier-1', host: 'SIP.Example.NET.' }, ACTOR))
  assert.deepEqual(
    [trunk.host, trunk.transport, trunk.allowInsecureSignalling, trunk.allowInsecureMedia, trunk.state, trunk.purpose],
    [HOST, 'TLS', false, false, 'enabled', 'provider'],
  )
  assert.equal(directory.trunk(trunk.id), trunk)
  const again = await restarted()
  assert.deepEqual(again.trunkByName(again.primary.id, 'carrier-1'), trunk)
  assert.deepEqual(again.allTrunks(), [trunk])
  assert.deepEqual(
    published.map(event => [event.type, event.organisationId, event.data]),
    [['directory.trunk-added', directory.primary.id, { actor: ACTOR, trunk: 'carrier-1', host: HOST, weakened: [] }]],
  )
})

test('without encryption only where it is said, and where the peer is', async () => {
  const { directory, published } = await startDirectory()
  const open = { allowInsecureSignalling: true, transport: 'UDP' } as const
  let count = 0
  const add = (input: Partial<NewTrunk>) => directory.addTrunk({ name: `t-${count++}`, host: HOST, ...input }, ACTOR)
  const insecure: readonly Partial<NewTrunk>[] = [
    { transport: 'UDP' },
    { transport: 'TCP' },
    { transport: 'UDP', sources: ['192.0.2.1'] },
    open,
    { allowInsecureSignalling: true },
    { allowInsecureMedia: true },
    { allowInsecureMedia: true, host: '192.0.2.1' },
    { ...open, allowInsecureMedia: true, host: '192.0.2.1' },
  ]
  for (const input of insecure) {
    assert.equal(await codeOf(add(input)), 'DIRECTORY_TRUNK_INSECURE', JSON.stringify(input))
  }
  const named: readonly Partial<NewTrunk>[] = [
    { ...open, host: '192.0.2.1' },
    { ...open, host: '[2001:db8::1]' },
    { ...open, sources: ['192.0.2.0/24'] },
    { allowInsecureMedia: true, sources: ['10.0.0.0/8'] },
  ]
  for (const input of named) await accepted(add(input))
  const last = published.at(-1)
  assert.ok(last?.type === 'directory.trunk-added')
  assert.deepEqual(last.data.weakened, ['allowInsecureMedia'])
  // Taking the source away later is no way around it.
  const outcome = directory.changeTrunk({ name: `t-${count - 1}`, sources: [] }, ACTOR)
  assert.match((await refusal(outcome)).message, /--source/)
})

test('settings that are malformed or out of bounds are refused', async () => {
  const { directory, state } = await startDirectory()
  const bad: readonly Partial<NewTrunk>[] = [
    { name: '' },
    { name: 'Carrier' },
    { name: 'x'.repeat(33) },
    { name: 'a\n' },
    ...[
      '',
      ' ',
      'a b',
      '0.0.0.0',
      '::',
      '224.0.0.1',
      '1.2.3',
      'sip:a@b',
      'a..b',
      '-a',
      'fe80::1%eth0',
      'x.'.repeat(130),
    ].map(host => ({ host })),
    ...[0, 65_536, 1.5, Number.NaN].map(port => ({ port })),
    ...[
      ['nowhere'],
      ['192.0.2.0/33'],
      ['192.0.2.1', '192.0.2.1'],
      Array.from({ length: 65 }, (_, i) => `192.0.2.${i}`),
    ].map(sources => ({ sources })),
    ...['0.0.0.0/0', '8.0.0.0/8', '::/0', '2001::/16', '::ffff:0.0.0.0/0', '10.0.0.0/7'].map(source => ({
      sources: [source],
    })),
    { certificateNames: ['*.example.net'] },
    { certificateNames: Array.from({ length: 17 }, (_, number) => `a${number}.example.net`) },
    { certificateAuthority: 'no certificate' },
    { certificateAuthority: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
    { register: true },
    { register: true, username: 'user' },
    { username: 'user@example.net' },
    { username: 'a"b' },
    { domain: 'a b' },
    { priority: -1 },
    { weight: 65_536 },
    { maximumCalls: 0 },
    { callsPerSecond: 0 },
    { callsPerSecond: Number.NaN },
    { callsPerSecond: Number.POSITIVE_INFINITY },
    { transport: 'WS' as 'TLS' },
    { purpose: 'other' as 'pbx' },
    { state: 'off' as 'disabled' },
    { numberFormat: 'tel' as 'e164' },
  ]
  for (const input of bad) {
    const outcome = directory.addTrunk({ name: 'carrier', host: HOST, ...input }, ACTOR)
    assert.equal(await codeOf(outcome), 'DIRECTORY_TRUNK_INVALID', JSON.stringify(input))
  }
  const password = new Secret('two\nlines')
  assert.equal(await codeOf(directory.addTrunk({ name: 'c', host: HOST, password }, ACTOR)), 'DIRECTORY_SECRET_INVALID')
  assert.deepEqual(state.trunks, [])
})

test('a file with a private key is no authority, and its text is in no refusal', async () => {
  const { directory } = await startDirectory()
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const certificateAuthority = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const refused = await refusal(directory.addTrunk({ name: 'c', host: HOST, certificateAuthority }, ACTOR))
  assert.match(refused.message, /private key/)
  assert.ok(!refused.message.includes(certificateAuthority.split('\n')[1]!))
})

test('a change says before and after, never the password; what changes nothing is no event', async () => {
  const { directory, published, state } = await startDirectory()
  const password = new Secret('first password')
  await accepted(directory.addTrunk({ name: 'c', host: HOST, register: true, username: 'u', password }, ACTOR))
  published.length = 0
  const change = { name: 'c', password: new Secret('second password'), priority: 20, port: 5071 }
  await accepted(directory.changeTrunk(change, ACTOR))
  await accepted(directory.changeTrunk(change, ACTOR))
  await accepted(directory.changeTrunk({ name: 'c', port: null, register: undefined }, ACTOR))
  assert.deepEqual(
    published.map(event => event.data),
    [
      [
        { field: 'port', before: '-', after: '5071' },
        { field: 'password', before: 'set', after: 'another' },
        { field: 'priority', before: '10', after: '20' },
      ],
      [{ field: 'port', before: '5071', after: '-' }],
    ].map(changed => ({ actor: ACTOR, trunk: 'c', changed, weakened: [] })),
  )
  assert.equal(state.trunks[0]?.password?.reveal(), 'second password')
  assert.equal(directory.trunkByName(directory.primary.id, 'c')?.register, true)
  assert.doesNotMatch(JSON.stringify([published, state.trunks]), /second|first/)
})

test('what does not exist, exists already, or is one too many', async () => {
  const { directory } = await startDirectory()
  await accepted(directory.addTrunk({ name: 'c', host: HOST }, ACTOR))
  assert.equal(await codeOf(directory.addTrunk({ name: 'c', host: HOST }, ACTOR)), 'DIRECTORY_TRUNK_EXISTS')
  assert.equal(await codeOf(directory.changeTrunk({ name: 'd', weight: 1 }, ACTOR)), 'DIRECTORY_TRUNK_UNKNOWN')
  assert.equal((await refusal(directory.removeTrunk({ name: 'd"\u0007' }, ACTOR))).message.includes('\u0007'), false)
  for (let n = 1; n < MAXIMUM_TRUNKS; n++) await accepted(directory.addTrunk({ name: `c${n}`, host: HOST }, ACTOR))
  assert.equal(await codeOf(directory.addTrunk({ name: 'last', host: HOST }, ACTOR)), 'DIRECTORY_LIMIT')
  await accepted(directory.removeTrunk({ name: 'c7' }, ACTOR))
  await accepted(directory.addTrunk({ name: 'last', host: HOST }, ACTOR))
  assert.equal(directory.trunks(directory.primary.id).length, MAXIMUM_TRUNKS)
})

test('a PBX that takes calls is neither removed nor made a provider', async () => {
  const { directory } = await startDirectory()
  await accepted(directory.addTrunk({ name: 'pbx', host: HOST, purpose: 'pbx' }, ACTOR))
  const target = { kind: 'trunk', name: 'pbx' } as const
  await accepted(directory.addNumber({ e164: '+4930123456', target }, ACTOR))
  assert.match((await refusal(directory.removeTrunk({ name: 'pbx' }, ACTOR))).message, /number \+4930123456/)
  assert.equal(await codeOf(directory.changeTrunk({ name: 'pbx', purpose: 'provider' }, ACTOR)), 'DIRECTORY_IN_USE')
  await accepted(directory.routeNumber({ e164: '+4930123456', target: { kind: 'reject' } }, ACTOR))
  await accepted(directory.removeTrunk({ name: 'pbx' }, ACTOR))
})

test('a trunk that the store did not take is not in force and not published', async () => {
  const { directory, state, published } = await startDirectory()
  state.failing = true
  await assert.rejects(directory.addTrunk({ name: 'c', host: HOST }, ACTOR))
  assert.deepEqual([directory.allTrunks(), published], [[], []])
})
