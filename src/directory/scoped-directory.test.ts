import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scopeDirectory } from './scoped-directory.ts'
import { ACTOR, accepted, codeOf, startDirectory } from './test-support/started-directory.ts'

async function two() {
  const { directory, published } = await startDirectory()
  const first = directory.primary
  const second = await accepted(directory.addOrganisation({ name: 'Second', domain: 'Two.Example.org' }, ACTOR))
  return { directory, published, first, second, ours: scopeDirectory(directory, second) }
}

test('an organisation is added with a domain of its own, once', async () => {
  const { directory, published, second } = await two()
  assert.equal(second.domain, 'two.example.org')
  assert.equal(directory.organisationByDomain('two.example.org')?.id, second.id)
  assert.deepEqual(
    published.map(({ type, organisationId }) => [type, organisationId]),
    [['directory.organisation-added', second.id]],
  )
  const again = directory.addOrganisation({ name: 'Third', domain: 'two.example.org' }, ACTOR)
  assert.equal(await codeOf(again), 'DIRECTORY_ORGANISATION_EXISTS')
  for (const domain of ['localhost', '', '-a.example.org', 'a b.example', `${'a'.repeat(250)}.org`]) {
    assert.equal(
      await codeOf(directory.addOrganisation({ name: 'x', domain }, ACTOR)),
      'DIRECTORY_ORGANISATION_INVALID',
    )
  }
})

test('a scoped directory makes its changes in its own organisation, whatever the input says', async () => {
  const { directory, first, second, ours } = await two()
  const input = { organisationId: first.id, number: '101', name: 'Ours' }
  const extension = await accepted(ours.addExtension(input, ACTOR))
  assert.equal(extension.organisationId, second.id)
  assert.equal(directory.extensionByNumber(first.id, '101')?.name, '101')
  await accepted(ours.suspend({ organisationId: first.id, number: '101', reason: 'ours only' }, ACTOR))
  assert.equal(directory.extensionByNumber(first.id, '101')?.state, 'active')
  await accepted(ours.changeCalling({ organisationId: first.id, country: 'FR' }, ACTOR))
  assert.notEqual(directory.callingOf(first.id).country, 'FR')
  assert.equal(
    await codeOf(ours.addOrganisation({ name: 'x', domain: 'x.example.org' }, ACTOR)),
    'DIRECTORY_ORGANISATION_UNKNOWN',
  )
})

test('what belongs to others is not there, by whatever name or id it is asked for', async () => {
  const { directory, first, ours } = await two()
  const theirs = directory.extensionByNumber(first.id, '101')!
  const { device } = await accepted(directory.addDevice({ extension: '101' }, ACTOR))
  const trunk = await accepted(directory.addTrunk({ name: 'provider', host: 'sip.example.org' }, ACTOR))
  await accepted(directory.addNumber({ e164: '+4930123456', target: { kind: 'extension', number: '101' } }, ACTOR))
  await accepted(directory.addGroup({ number: '200', members: ['101'] }, ACTOR))
  assert.deepEqual(
    [
      ours.organisationByDomain(first.domain),
      ours.extension(theirs.id),
      ours.extensionByNumber(first.id, '101'),
      ours.extensions(first.id),
      ours.deviceByUsername(device.username),
      ours.device(device.id),
      ours.devicesOf(theirs.id),
      ours.groupByNumber(first.id, '200'),
      ours.groups(first.id),
      ours.ownedNumber('+4930123456'),
      ours.ownedNumbers(first.id),
      ours.trunk(trunk.id),
      ours.trunkByName(first.id, 'provider'),
      ours.trunks(first.id),
      ours.allTrunks(),
    ].flat(),
    Array(9).fill(undefined),
  )
  assert.throws(() => ours.callingOf(first.id))
  assert.throws(() => ours.extensionCalling(theirs.id))
  const removals = [
    [ours.removeDevice({ username: device.username }, ACTOR), 'DIRECTORY_DEVICE_UNKNOWN'],
    [ours.removeExtension({ number: '101' }, ACTOR), 'DIRECTORY_EXTENSION_UNKNOWN'],
    [ours.removeTrunk({ name: 'provider' }, ACTOR), 'DIRECTORY_TRUNK_UNKNOWN'],
    [ours.removeNumber({ e164: '+4930123456' }, ACTOR), 'DIRECTORY_E164_UNKNOWN'],
    [ours.removeGroup({ number: '200' }, ACTOR), 'DIRECTORY_GROUP_UNKNOWN'],
  ] as const
  for (const [removal, code] of removals) assert.equal(await codeOf(removal), code)
  assert.equal(directory.deviceByUsername(device.username)?.id, device.id)
  const strange = await ours.removeDevice({ username: device.username }, ACTOR)
  const missing = await ours.removeDevice({ username: 'nobody' }, ACTOR)
  assert.deepEqual(strange, missing)
})
