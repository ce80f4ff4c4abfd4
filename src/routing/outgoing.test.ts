/** Which number is shown, which trunk is tried, and how it wants the number written. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OrganisationId } from '../base/ids.ts'
import { createFakeDirectory, fakeTrunk } from '../directory/fake-directory.ts'
import { generator, seedOfRun } from '../../test/support/phone-numbers.ts'
import { callerIdFor } from './caller-id.ts'
import { formatFor } from './number-format.ts'
import { orderTrunks } from './trunk-order.ts'
import type { TrunkCandidate } from './types.ts'

test('the caller id is the own one, the default one, the first one, or none: always one that the organisation owns', () => {
  const numbers = [{ e164: '+4930901820' }, { e164: '+4930901821' }]
  const foreign = { e164: '+4930999999', organisationId: 'other' as OrganisationId }
  const choose = (callerId: string | undefined, defaultCallerId: string | undefined, owned = numbers) => {
    const directory = createFakeDirectory({
      extensions: ['101'],
      numbers: [...owned, foreign],
      calling: { defaultCallerId },
      extensionCalling: { '101': { callerId, privacy: true } },
    })
    const { e164, reason, withheld } = callerIdFor(directory, directory.extensionOf('101'))
    assert.equal(withheld, true)
    return `${e164} ${reason}`
  }
  assert.equal(choose('+4930901821', '+4930901820'), '+4930901821 own')
  assert.equal(choose(undefined, '+4930901821'), '+4930901821 default')
  assert.equal(choose('+4930999999', '+4930901821'), '+4930901821 default')
  assert.equal(choose('+12125551234', '+4930999999'), '+4930901820 first-owned')
  assert.equal(choose(undefined, undefined), '+4930901820 first-owned')
  assert.equal(choose('+4930999999', '+12125551234', []), 'undefined none')
})

test('numbers as trunks want them', () => {
  const formats = (e164: string, country: string): string =>
    (['+e164', 'e164', 'national'] as const).map(format => formatFor(format, e164, country)).join(' ')
  assert.equal(formats('+4930901820', 'DE'), '+4930901820 4930901820 030901820')
  assert.equal(formats('+442079460018', 'DE'), '+442079460018 442079460018 00442079460018')
  assert.equal(formats('+12125551234', 'US'), '+12125551234 12125551234 12125551234')
  assert.equal(formats('+442079460018', 'US'), '+442079460018 442079460018 011442079460018')
  assert.equal(formats('+18765551234', 'US'), '+18765551234 18765551234 18765551234')
  assert.equal(formats('+390649911234', 'IT'), '+390649911234 390649911234 0649911234')
  assert.equal(formats('+442079460018', 'AU'), '+442079460018 442079460018 0011442079460018')
  assert.equal(formats('+442079460018', 'JP'), '+442079460018 442079460018 010442079460018')
  assert.equal(formats('+442079460018', 'RU'), '+442079460018 442079460018 810442079460018')
  assert.equal(formats('+442079460018', 'BR'), '+442079460018 442079460018 00442079460018')
  assert.equal(formats('+442079460018', 'SC'), '+442079460018 442079460018 00442079460018')
  assert.equal(formats('+4930901820', 'XX'), '+4930901820 4930901820 +4930901820')
})

const candidate = (name: string, priority: number, weight: number, healthy = true): TrunkCandidate => ({
  trunk: fakeTrunk('o1' as OrganisationId, { name, priority, weight }),
  healthy,
})
const names = (candidates: readonly TrunkCandidate[]): string => candidates.map(each => each.trunk.name).join(' ')

test('priority first, those that seem dead last, none lost', () => {
  const candidates = [
    candidate('c', 20, 1),
    candidate('dead', 1, 1, false),
    candidate('a', 5, 1),
    candidate('b', 10, 1),
    candidate('dying', 0, 1, false),
  ]
  assert.equal(names(orderTrunks(candidates, () => 0)), 'a b c dying dead')
  assert.equal(names(orderTrunks(candidates, () => 0.999)), 'a b c dying dead')
  assert.equal(names(orderTrunks([], () => 0)), '')
})

test('among equals by weight (RFC 2782)', () => {
  const seed = seedOfRun()
  const pick = generator(seed)
  const random = (): number => pick(1_000_000) / 1_000_000
  const candidates = [candidate('one', 1, 1000), candidate('three', 1, 3000), candidate('zero', 1, 0)]
  const first = new Map<string, number>()
  for (let run = 0; run < 8000; run++) {
    const ordered = orderTrunks(candidates, random)
    assert.equal(new Set(ordered).size, 3)
    const { name } = ordered[0]!.trunk
    first.set(name, (first.get(name) ?? 0) + 1)
  }
  const share = (name: string): number => (first.get(name) ?? 0) / 8000
  assert.ok(Math.abs(share('one') - 0.25) < 0.05, `SEED=${seed} ${share('one')}`)
  assert.ok(Math.abs(share('three') - 0.75) < 0.05, `SEED=${seed} ${share('three')}`)
  assert.ok(share('zero') < 0.01, `SEED=${seed} ${share('zero')}`)
})

test('weights that make no sense lose no trunk', () => {
  for (const weight of [-1, Number.NaN, Number.POSITIVE_INFINITY, 0.5]) {
    const candidates = [candidate('a', 1, weight), candidate('b', 1, weight), candidate('c', 1, 10)]
    for (const value of [0, 0.5, 0.999_999]) assert.equal(new Set(orderTrunks(candidates, () => value)).size, 3)
  }
})
