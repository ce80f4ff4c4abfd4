import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newId } from '../base/ids.ts'
import { fakeNumber } from './fake-directory.ts'
import type { CallTarget } from './number.ts'
import { MAXIMUM_NUMBERS } from './outside-rules.ts'
import { ACTOR, accepted, codeOf, refusal, startDirectory } from './test-support/started-directory.ts'

const E164 = '+4930123456'
const RECEPTION: CallTarget = { kind: 'extension', number: '101' }

test('a number leads somewhere, is routed elsewhere, and is told before and after', async () => {
  const { directory, published, restarted } = await startDirectory()
  await accepted(directory.addNumber({ e164: E164, target: RECEPTION, label: 'Main' }, ACTOR))
  const afterHours = { kind: 'reject' } as const
  await accepted(directory.routeNumber({ e164: E164, afterHours, anonymous: 'reject' }, ACTOR))
  await accepted(directory.routeNumber({ e164: E164, afterHours, anonymous: 'reject' }, ACTOR))
  const again = await restarted()
  assert.deepEqual(again.ownedNumber(E164), directory.ownedNumber(E164))
  assert.deepEqual(again.ownedNumbers(again.primary.id), [directory.ownedNumber(E164)])
  await accepted(directory.removeNumber({ e164: E164 }, ACTOR))
  assert.equal(directory.ownedNumber(E164), undefined)
  assert.deepEqual(
    published.map(event => [event.type, event.data]),
    [
      ['directory.number-added', { actor: ACTOR, number: E164, target: 'extension:101 "Main"' }],
      [
        'directory.number-routed',
        {
          actor: ACTOR,
          number: E164,
          before: 'extension:101 "Main"',
          after: 'extension:101, after hours reject, anonymous callers rejected "Main"',
        },
      ],
      ['directory.number-removed', { actor: ACTOR, number: E164 }],
    ],
  )
})

test('numbers that are not E.164, and labels that are no text', async () => {
  const { directory } = await startDirectory()
  const bad = ['', '4930123456', '+0123456', '+49 30 1', '+49301234567890123', '+4930123456\n', '+123', '+٤٩٣٠١٢٣']
  for (const e164 of bad) {
    assert.equal(await codeOf(directory.addNumber({ e164, target: RECEPTION }, ACTOR)), 'DIRECTORY_E164_INVALID', e164)
  }
  const label = 'a\u0000'
  assert.equal(
    await codeOf(directory.addNumber({ e164: E164, target: RECEPTION, label }, ACTOR)),
    'DIRECTORY_NAME_INVALID',
  )
})

test('a number belongs to one organisation of all', async () => {
  const { state, restarted } = await startDirectory()
  const other = { id: newId<'OrganisationId'>(1), name: 'Other', domain: 'other.example.com', createdAt: Date.now() }
  state.organisations.push(other)
  state.numbers.push(fakeNumber(other.id, { e164: E164 }))
  const directory = await restarted()
  assert.match(
    (await refusal(directory.addNumber({ e164: E164, target: RECEPTION }, ACTOR))).message,
    /another organisation/,
  )
  for (const outcome of [
    directory.routeNumber({ e164: E164, target: RECEPTION }, ACTOR),
    directory.removeNumber({ e164: E164 }, ACTOR),
  ]) {
    assert.equal(await codeOf(outcome), 'DIRECTORY_E164_UNKNOWN')
  }
  assert.equal(await codeOf(directory.changeCalling({ defaultCallerId: E164 }, ACTOR)), 'DIRECTORY_CALLER_ID_NOT_OWNED')
  await accepted(directory.removeNumber({ organisationId: other.id, e164: E164 }, ACTOR))
})

test('targets exist, and the outside is closed until it is opened', async () => {
  const { directory } = await startDirectory()
  await accepted(directory.addTrunk({ name: 'carrier', host: 'sip.example.net' }, ACTOR))
  const missing: readonly CallTarget[] = [
    { kind: 'extension', number: '999' },
    { kind: 'group', number: '101' },
    { kind: 'trunk', name: 'carrier' },
    { kind: 'trunk', name: '\u0007' },
    { kind: 'elsewhere' } as unknown as CallTarget,
  ]
  for (const target of missing) {
    const refused = await refusal(directory.addNumber({ e164: E164, target }, ACTOR))
    assert.equal(refused.code, 'DIRECTORY_TARGET_INVALID', JSON.stringify(target))
    assert.doesNotMatch(refused.message, /\u0007/)
  }
  const afterHours: CallTarget = { kind: 'external', e164: '+4917612345678' }
  const input = { e164: E164, target: RECEPTION, afterHours }
  const closed = await refusal(directory.addNumber(input, ACTOR))
  assert.equal(closed.code, 'DIRECTORY_FORWARDING_CLOSED')
  assert.match(closed.message, /ringfence calling set --allow-off-net-forwarding/)
  await accepted(directory.changeCalling({ offNetForwarding: true }, ACTOR))
  const malformed: CallTarget = { kind: 'external', e164: '0176' }
  assert.equal(await codeOf(directory.addNumber({ ...input, target: malformed }, ACTOR)), 'DIRECTORY_E164_INVALID')
  await accepted(directory.addNumber(input, ACTOR))
})

test('what was removed behind a number does not stand in the way of its other settings', async () => {
  const { directory } = await startDirectory()
  await accepted(directory.addNumber({ e164: E164, target: RECEPTION }, ACTOR))
  const removed = await accepted(directory.removeExtension({ number: '101' }, ACTOR))
  assert.deepEqual(removed.usedBy, [`number ${E164}`])
  const number = await accepted(directory.routeNumber({ e164: E164, label: 'Main' }, ACTOR))
  assert.deepEqual(number.target, RECEPTION)
})

test('a caller id is not taken away under who calls with it', async () => {
  const { directory } = await startDirectory()
  await accepted(directory.addNumber({ e164: E164, target: RECEPTION }, ACTOR))
  await accepted(directory.changeExtensionCalling({ number: '102', callerId: E164 }, ACTOR))
  assert.match((await refusal(directory.removeNumber({ e164: E164 }, ACTOR))).message, /extension 102/)
  await accepted(directory.changeExtensionCalling({ number: '102', callerId: null }, ACTOR))
  await accepted(directory.changeCalling({ defaultCallerId: E164 }, ACTOR))
  assert.equal(await codeOf(directory.removeNumber({ e164: E164 }, ACTOR)), 'DIRECTORY_IN_USE')
  await accepted(directory.changeCalling({ defaultCallerId: null }, ACTOR))
  await accepted(directory.removeNumber({ e164: E164 }, ACTOR))
})

test('the bound of numbers holds for all organisations together', async () => {
  const { state, restarted } = await startDirectory()
  const { id } = state.organisations[0]!
  state.numbers = Array.from({ length: MAXIMUM_NUMBERS }, (_, n) => fakeNumber(id, { e164: `+4930${100_000 + n}` }))
  const directory = await restarted()
  assert.equal(await codeOf(directory.addNumber({ e164: '+4989123456', target: RECEPTION }, ACTOR)), 'DIRECTORY_LIMIT')
  await accepted(directory.removeNumber({ e164: '+4930100000' }, ACTOR))
  await accepted(directory.addNumber({ e164: '+4989123456', target: RECEPTION }, ACTOR))
})
