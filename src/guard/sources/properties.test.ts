/** The table against a model that is slow and plain: whatever is decided, said, undone and asked in whichever order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseNetwork, sourceKey } from '../../base/network.ts'
import { generator } from '../../../test/support/phone-numbers.ts'
import { PrefixIndex } from './prefix-index.ts'
import { createSourceTable } from './source-table.ts'
import { keyOfTarget } from './target.ts'
import type { AskedSource, SourceDecision, Target } from './types.ts'

const START = 1_700_000_000_000
const HOUR = 3_600_000
const STEPS = { address: [HOUR, 4 * HOUR, 24 * HOUR, 168 * HOUR], account: [HOUR / 6, HOUR / 3, HOUR] }
const ADDRESSES = ['10.0.0.1', '10.0.0.2', '10.0.1.1', '10.128.0.1', '2001:db8::1', '2001:db8::2', '2001:db8:0:1::1']
const NETWORKS = [
  '0.0.0.0/0',
  '10.0.0.0/8',
  '10.0.0.0/24',
  '10.0.0.3/24',
  '10.0.0.2/32',
  '2001:db8::/32',
  '2001:db8::/65',
  '::/0',
]
const ACCOUNTS = ['ann', 'bob']
const where = (address: string) => ({
  as: address.includes(':') ? 64500 : 64501,
  country: address.endsWith('1') ? 'XX' : 'YY',
})

type Pick = (bound: number) => number
const oneOf = <T>(pick: Pick, all: readonly T[]): T => all[pick(all.length)]!

function anyTarget(pick: Pick): Target {
  const kind = oneOf(pick, ['address', 'address', 'address', 'socket', 'network', 'as', 'country', 'account'] as const)
  const value = {
    address: oneOf(pick, ADDRESSES),
    socket: `${oneOf(pick, ADDRESSES)} ${5060 + pick(2)}`,
    network: oneOf(pick, NETWORKS),
    as: `AS6450${pick(2)}`,
    country: oneOf(pick, ['XX', 'YY']),
    account: oneOf(pick, ACCOUNTS),
  }[kind]
  return { kind, value }
}

/** Narrow to wide; 0: not about it. */
function fits({ kind, value }: Target, { address, port, proven }: AskedSource): number {
  if (kind === 'socket') return !proven && value === `${address} ${port}` ? 1_000 : 0
  if (kind === 'address') return sourceKey(value) === sourceKey(address) ? 900 : 0
  if (kind === 'network') return parseNetwork(value)!.includes(address) ? 100 + Number(value.split('/')[1]) : 0
  if (kind === 'as') return value === `AS${where(address).as}` ? 2 : 0
  return kind === 'country' && value === where(address).country ? 1 : 0
}

class Model {
  readonly held = new Map<string, SourceDecision>()
  readonly repeats = new Map<string, number>()
  readonly registered = new Set<string>()

  live(now: number): readonly SourceDecision[] {
    return [...this.held.values()].filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now)
  }

  isAllowed(address: string, now: number): boolean {
    const asked = { address, port: 0, proven: true }
    return this.live(now).some(({ action, target }) => action === 'allow' && fits(target, asked) > 0)
  }

  /** What a rule's finding comes to: undefined, or until when. */
  expected(target: Target, now: number): number | undefined {
    const address = target.kind === 'socket' ? target.value.split(' ')[0]! : target.value
    if (['address', 'socket'].includes(target.kind) && (this.registered.has(address) || this.isAllowed(address, now))) {
      return undefined
    }
    const action = target.kind === 'account' ? 'back-off' : 'ban'
    const key = keyOfTarget(target, action)
    const before = this.live(now).find(each => keyOfTarget(each.target, each.action) === key)
    if (before?.origin === 'operator') return undefined
    const steps = target.kind === 'account' ? STEPS.account : STEPS.address
    const count = before?.repeat ?? this.repeats.get(key) ?? 0
    const duration = target.kind === 'socket' ? 60_000 : steps[Math.min(count, steps.length - 1)]!
    if (before !== undefined && now + duration - before.expiresAt! < duration / 10) return undefined
    if (before === undefined && target.kind !== 'socket') this.repeats.set(key, count + 1)
    return now + duration
  }

  keep(decision: SourceDecision): void {
    this.held.set(keyOfTarget(decision.target, decision.action), decision)
  }

  banOf(asked: AskedSource, now: number): SourceDecision | undefined {
    if (this.isAllowed(asked.address, now)) return undefined
    const isSpared = this.registered.has(asked.address)
    return this.live(now)
      .filter(
        ({ action, origin, target }) =>
          action === 'ban' && (origin === 'operator' || !isSpared) && fits(target, asked) > 0,
      )
      .toSorted((a, b) => fits(b.target, asked) - fits(a.target, asked))[0]
  }
}

function setUp() {
  const model = new Model()
  const mirror = new Map<string, SourceDecision>()
  const table = createSourceTable({
    spared: {
      isRegisteredSource: address => model.registered.has(address),
      isRegisteredSourceOf: () => false,
      isTrunkAddress: () => false,
    },
    whereIs: where,
    policy: { wideByRules: 'on' },
    mirror: {
      placed: decision => void mirror.set(keyOfTarget(decision.target, decision.action), decision),
      removed: decision => void mirror.delete(keyOfTarget(decision.target, decision.action)),
    },
  })
  return { model, mirror, table }
}

test('decisions are those of the model, and so is every answer', () => {
  for (let seed = 1; seed <= 25; seed++) {
    const pick = generator(seed)
    const { model, mirror, table } = setUp()
    let now = START
    for (let step = 0; step < 150; step++) {
      const target = anyTarget(pick)
      const chance = pick(12)
      if (chance < 6) {
        const expected = model.expected(target, now)
        const finding = { target, action: 'ban', rule: 'R', reason: 'r', evidence: {} } as const
        const decision = table.decide(finding, now)
        assert.equal(decision?.expiresAt, expected, `${seed} ${step}`)
        if (decision !== undefined) model.keep(decision)
      } else if (chance < 8) {
        const isNoAllowance = target.kind === 'socket' || pick(3) > 0
        const action = target.kind === 'account' ? 'back-off' : isNoAllowance ? 'ban' : 'allow'
        const minutes = pick(2) === 0 ? undefined : 1 + pick(300)
        model.keep(table.put({ target, action, reason: 'r', by: 'ann', minutes }, now))
      } else if (chance < 10) {
        for (const { target: about, action } of table.undo(target, 'ann', now)) {
          model.held.delete(keyOfTarget(about, action))
          model.repeats.delete(keyOfTarget(about, action))
        }
      } else if (chance === 10) now += pick(3 * HOUR)
      else if (!model.registered.delete(ADDRESSES[0]!)) model.registered.add(ADDRESSES[0]!)
      check(`${seed} ${step}`, table, model, now)
    }
    assert.deepEqual(new Set([...mirror.values()].map(({ id }) => id)), new Set(model.live(now).map(({ id }) => id)))
  }
})

function check(at: string, table: ReturnType<typeof setUp>['table'], model: Model, now: number): void {
  for (const address of ADDRESSES) {
    for (const proven of [true, false]) {
      const asked = { address, port: 5060, proven }
      assert.equal(table.banOf(asked, now)?.id, model.banOf(asked, now)?.id, `${at}: ${address} ${proven}`)
    }
    const verdict = table.explain(address, now).verdict
    const doors = [5060, 5061].map(port => ({ address, port, proven: false }))
    const isBanned = doors.some(asked => table.banOf(asked, now) !== undefined)
    assert.equal(verdict === 'banned', isBanned, `${at}: ${address} is explained as ${verdict}`)
  }
  for (const account of ACCOUNTS) {
    const held = model.live(now).some(({ action, target }) => action === 'back-off' && target.value === account)
    const isHeld = held && !model.isAllowed('10.9.9.9', now)
    assert.equal(table.backOffOf(account, '10.9.9.9', now) !== undefined, isHeld, at)
  }
  assert.deepEqual(new Set(table.list(now).map(({ id }) => id)), new Set(model.live(now).map(({ id }) => id)), at)
  for (const address of ADDRESSES) assert.equal(table.isAllowed(address), model.isAllowed(address, now), at)
}

test('never more than its limit, whatever comes; every one that goes was told', () => {
  const pick = generator(7)
  let told = 0
  const changed = new Set<string>()
  const table = createSourceTable({
    limit: 500,
    spared: { isRegisteredSource: () => false, isRegisteredSourceOf: () => false, isTrunkAddress: () => false },
    onChanged: ({ id }) => void changed.add(id),
    onEvicted: () => void told++,
    onExpired: () => void told++,
  })
  let now = START
  for (let i = 0; i < 50_000; i++) {
    const address = `10.${pick(4)}.${pick(256)}.${pick(256)}`
    const kind = oneOf(pick, ['address', 'socket'] as const)
    const value = kind === 'socket' ? `${address} ${pick(65_536)}` : address
    const mode = pick(5) === 0 ? 'dry-run' : 'on'
    table.decide({ target: { kind, value }, action: 'ban', rule: 'R', reason: 'r', evidence: {} }, now, mode)
    if (pick(3) === 0) table.banOf({ address, port: 1, proven: true }, now)
    now += pick(300)
  }
  const held = table.list(now).length
  assert.ok(held <= 500 && held > 300)
  assert.equal(changed.size, held + told)
})

test('the narrowest network around an address, against trying them all', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const pick = generator(seed)
    const index = new PrefixIndex<string>()
    const texts = new Set<string>()
    const anyAddress = (): string =>
      pick(2) === 0
        ? `10.${pick(2)}.${pick(2)}.${pick(4)}`
        : `2001:db8:${pick(2)}:${pick(3)}:${pick(2) === 0 ? '0' : '8000'}::${pick(3)}`
    for (let step = 0; step < 300; step++) {
      const address = anyAddress()
      const length = pick(address.includes(':') ? 129 : 33)
      const text = `${address}/${length}`
      const same = [...texts].find(
        each =>
          each.endsWith(`/${length}`) &&
          parseNetwork(each)!.includes(address) &&
          each.includes(':') === text.includes(':'),
      )
      if (pick(3) > 0 && same === undefined) {
        index.add(address, length, text)
        texts.add(text)
      } else if (same !== undefined) {
        index.delete(address, length)
        texts.delete(same)
      } else index.delete(address, length)
      assert.equal(index.size, texts.size)
      const asked = anyAddress()
      const expected = [...texts]
        .filter(each => parseNetwork(each)!.includes(asked))
        .toSorted((a, b) => Number(b.split('/')[1]) - Number(a.split('/')[1]))[0]
      assert.equal(
        index.find(asked, () => true),
        expected,
        `${seed} ${asked}`,
      )
      if (!asked.includes(':'))
        assert.equal(
          index.find(`::ffff:${asked}`, () => true),
          expected,
        )
    }
  }
})
