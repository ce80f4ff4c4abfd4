/** The rules together: on days of scanners and honest phones, in bounded memory, and the same each time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { sourceKey } from '../../base/network.ts'
import { generator, seedOfRun } from '../../../test/support/phone-numbers.ts'
import { replay, type ReplayReport } from '../../../test/support/scans/replay.ts'
import { addressOfScanner, nextSight, ScannerDay } from '../../../test/support/scans/scanners.ts'
import type { SourceDecision, SourceFinding } from '../sources/types.ts'
import { createDetection } from './detection.ts'
import { ALL_SOURCE_RULES } from './rules/index.ts'
import { failed, MONDAY, sourceAt, tell } from './rules/story.ts'
import type { SourceObservation, SourceRule } from './types.ts'

const HOUR = 3_600_000
const SEED = seedOfRun()

interface Day {
  readonly report: ReplayReport
  readonly decided: readonly SourceDecision[]
}

function play(seed: number, change: { messages?: number; tableLimit?: number; remembered?: number } = {}): Day {
  const decided: SourceDecision[] = []
  const report = replay({
    seed,
    messages: 60_000,
    sources: 3_000,
    phones: 1_000,
    tableLimit: 100_000,
    remembered: 10_000,
    botnetHour: 15,
    powerCuts: [6, 14],
    onDecided: decision => decided.push(decision),
    ...change,
  })
  return { report, decided }
}

const nameOf = ({ target, rule, at, repeat }: SourceDecision): string =>
  `${at} ${rule} ${target.kind} ${target.value} ${repeat}`

test('a day of honest phones: none is banned, with wrong clocks, new addresses, old passwords and a power cut twice', () => {
  const { report, decided } = play(SEED)
  const { phones } = report
  assert.ok(phones.registered > 40_000, `seed ${SEED}: ${phones.registered}`)
  assert.ok(phones.oldPasswords > 1_000, `seed ${SEED}`)
  assert.equal(phones.banned, 0, `seed ${SEED}`)
  const scanners = new Set(Array.from({ length: 3_000 }, (_, index) => addressOfScanner(index)).flatMap(keysOf))
  const others = decided.filter(({ target }) => target.kind !== 'account' && !scanners.has(target.value.split(' ')[0]!))
  assert.equal(others.length, 0, `seed ${SEED}: ${others.slice(0, 3).map(nameOf).join(', ')}`)
})

function keysOf(address: string): readonly string[] {
  return [address, sourceKey(address)]
}

test('the scanners of the day are found, by many rules', () => {
  const { report } = play(SEED)
  for (const rule of ['ACCOUNT_GUESSING', 'DISTRIBUTED_GUESSING', 'STUFFING', 'SLOW_SCAN', 'REFUSALS', 'DECOY']) {
    assert.ok((report.byRule.get(`GUARD_${rule}`) ?? 0) > 0, `seed ${SEED}: ${rule}`)
  }
  assert.ok(report.stopped > 10_000, `seed ${SEED}: ${report.stopped}`)
})

test('the same day gives the same decisions, in order of time', () => {
  const [first, second] = [play(SEED), play(SEED)]
  assert.ok(first.decided.length > 1_000)
  assert.deepEqual(first.decided.map(nameOf), second.decided.map(nameOf), `seed ${SEED}`)
  const ends = first.decided.map(({ expiresAt = 0, target, action, repeat }) => ({ expiresAt, target, action, repeat }))
  assert.ok(ends.every(({ expiresAt }) => expiresAt > MONDAY - 24 * HOUR))
  assert.notDeepEqual(first.decided.map(nameOf), play(SEED + 1).decided.map(nameOf))
})

test('a full table stays as large as it is, and says what made room', () => {
  const { report } = play(SEED, { tableLimit: 200 })
  assert.equal(report.largest, 200)
  assert.ok(report.evicted > 100)
  assert.equal(report.phones.banned, 0)
})

test('few remembered sources: less is found, nobody honest suffers', () => {
  const { report } = play(SEED, { remembered: 50 })
  assert.equal(report.phones.banned, 0, `seed ${SEED}`)
})

/** What a day of scanners shows, none of whom is stopped. */
function* observed(seed: number, messages: number, sources: number, spared = false): Generator<SourceObservation> {
  const day = new ScannerDay(generator(seed), { messages, sources, from: MONDAY, lengthMs: 24 * HOUR, botnetHour: 12 })
  for (let scanner = day.take(); scanner !== undefined; scanner = day.take()) {
    const source = { ...scanner.from, key: sourceKey(scanner.from.address), spared }
    yield { ...nextSight(scanner, 'anna'), at: Math.floor(day.at), source }
  }
}

test('what scanners send is in order of time, within the day, and from as many sources as was asked for', () => {
  let last = 0
  let count = 0
  const addresses = new Set<string>()
  for (const { at, source } of observed(SEED, 50_000, 2_000)) {
    assert.ok(at >= last)
    last = at
    count++
    addresses.add(source.address)
  }
  assert.equal(count, 50_000)
  assert.ok(last <= MONDAY + 24 * HOUR && last > MONDAY + 23 * HOUR, String(last - MONDAY))
  assert.ok(addresses.size > 1_800 && addresses.size <= 2_000, String(addresses.size))
})

test('a source that is spared is never the target, whatever it sends', () => {
  const found: SourceFinding[] = []
  const detection = createDetection({ found: finding => found.push(finding), asOf: () => 64_500 })
  for (const observation of observed(SEED, 50_000, 500, true)) detection.observe(observation)
  assert.ok(found.every(({ target }) => target.kind === 'account'))
})

test('… even by a rule that does not ask', () => {
  const careless: SourceRule = {
    ...ALL_SOURCE_RULES[0]!,
    sees: ['failed'],
    create: () => ({
      judge: ({ source }) => {
        const target = { kind: 'address', value: source.key } as const
        return { target, action: 'ban', rule: 'GUARD_CARELESS', reason: 'it was there', evidence: {} }
      },
    }),
  }
  const found: string[] = []
  const detection = createDetection({ found: ({ target }) => found.push(target.value) }, [careless])
  detection.observe(failed(MONDAY, sourceAt('192.0.2.1', { spared: true }), 'anna'))
  detection.observe(failed(MONDAY, sourceAt('192.0.2.2'), 'anna'))
  assert.deepEqual(found, ['192.0.2.2'])
})

test('memory is flat, however many sources and names there are', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const heap = (): number => {
    collect()
    return process.memoryUsage().heapUsed
  }
  let findings = 0
  const detection = createDetection({ remembered: 500, asOf: address => address.length, found: () => findings++ })
  for (const observation of observed(SEED, 50_000, 20_000)) detection.observe(observation)
  const before = heap()
  for (const observation of observed(SEED + 1, 200_000, 80_000)) detection.observe(observation)
  const grown = heap() - before
  assert.ok(findings > 1_000)
  // 80,000 sources in one unbounded map of one rule would be more than that.
  assert.ok(grown < 2 ** 21, `${grown} bytes more`)
})

test('a rule that is only tried says so, thresholds can be set, and one rule is enough', () => {
  const rule = ALL_SOURCE_RULES.find(({ id }) => id === 'GUARD_ACCOUNT_GUESSING')!
  const modes: string[] = []
  const detection = createDetection(
    {
      modes: { [rule.id]: 'dry-run' },
      thresholds: { [rule.id]: { failures: 2 } },
      found: (finding, _observation, mode) => modes.push(`${finding.target.value} ${mode}`),
    },
    [rule],
  )
  detection.observe(failed(MONDAY, sourceAt('192.0.2.1'), 'anna'))
  assert.deepEqual(modes, [])
  detection.observe(failed(MONDAY + 1, sourceAt('192.0.2.2'), 'anna'))
  assert.deepEqual(modes, ['anna dry-run'])
})

test('no rule keeps or shows more of a name than 64 characters', () => {
  for (const rule of ALL_SOURCE_RULES) {
    const long = 'x'.repeat(10_000)
    const observations = Array.from({ length: 200 }, (_, i) =>
      failed(MONDAY + i * 100, sourceAt(`203.0.113.${i}`), long),
    )
    for (const { target, evidence, reason } of tell(rule, observations).findings) {
      for (const text of [target.value, reason, ...Object.values(evidence)]) assert.ok(text.length < 200, rule.id)
    }
  }
})
