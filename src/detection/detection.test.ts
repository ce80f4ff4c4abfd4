import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { EventType, RingfenceEvent } from '../events/catalogue.ts'
import { EVENT_SEVERITY } from '../events/catalogue.ts'
import { hasField, pathsOf } from './field-paths.ts'
import { createDetectionEngine } from './engine.ts'
import { packagedRules, packagedStreams } from './packaged-rules.ts'
import { detectedEvent } from './read-event.ts'
import { readRules } from './read-rule.ts'
import { tryStreams } from './streams.ts'
import type { SigmaRule } from './types.ts'

const START = Date.UTC(2026, 10, 23, 3)

type Step = readonly [
  type: EventType,
  data: Readonly<Record<string, unknown>>,
  afterMs?: number,
  organisationId?: string,
]

function run(rules: readonly SigmaRule[], steps: readonly Step[]): readonly string[] {
  const engine = createDetectionEngine(rules)
  assert.deepEqual(engine.faults, [])
  let at = START
  return steps.flatMap(([type, data, afterMs = 1_000, organisationId], index) => {
    at += afterMs
    const event = { id: `e${index}`, type, at, severity: EVENT_SEVERITY[type], organisationId, data }
    return engine.observe(detectedEvent(event as unknown as RingfenceEvent)).map(({ rule, group }) => {
      const about = Object.entries(group).map(each => each.join(' '))
      return `${rule.title}${about.length === 0 ? '' : ` (${about.join(', ')})`}`
    })
  })
}

const { rules: PACKAGED, faults } = packagedRules()
const source = (address: string) => ({ address, port: 5060, protocol: 'UDP', tls: undefined })
const times = (count: number, step: (index: number) => Step): Step[] =>
  Array.from({ length: count }, (_, index) => step(index))
const wrong = (address: string, username = 'u1', afterMs = 1_000): Step => [
  'authentication.failed',
  { username, source: source(address), method: 'REGISTER', userAgent: 'x', reason: 'wrong' },
  afterMs,
]

test('every packaged rule can be read, has an id of its own, and says what it is about', () => {
  assert.deepEqual(faults, [])
  assert.equal(new Set(PACKAGED.map(each => each.id)).size, PACKAGED.length)
  for (const rule of PACKAGED) {
    assert.match(rule.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.ok(rule.description.length > 20, rule.title)
  }
})

test('every packaged rule that tells somebody finds its attack, and leaves the harmless stream alone', async () => {
  const telling = PACKAGED.filter(each => !each.base).map(each => each.id)
  const streams = packagedStreams()
  assert.deepEqual(streams.map(each => each.rule).toSorted(), telling.toSorted())
  for (const each of streams) {
    const { title, attack, benign, ok } = await tryStreams(PACKAGED, each)
    assert.ok(ok, `${title}: found ${attack} times in its attack, ${benign} times in the harmless stream`)
  }
})

test('packaged rules and streams name only fields that their events have', () => {
  for (const { rule, attack, benign } of packagedStreams()) {
    for (const { type, data } of [...attack, ...benign]) {
      for (const path of pathsOf(data))
        assert.ok(hasField(type, path), `the streams of ${rule}: ${type} has no ${path}`)
    }
  }
  for (const rule of PACKAGED) {
    if (rule.kind !== 'event') continue
    for (const selection of rule.selections.values()) {
      for (const tests of selection) {
        const types = tests.filter(each => each.field === 'type').flatMap(each => each.values)
        for (const { field } of tests) {
          if (field?.startsWith('data.') !== true) continue
          for (const type of types)
            assert.ok(hasField(String(type), field.slice(5)), `${rule.title}: ${type} has no ${field}`)
        }
      }
    }
  }
})

test('a group is told of once within the time of its rule, and again after it', () => {
  const guesses = (afterMs: number) => [wrong('198.51.100.7', 'u1', afterMs), ...times(9, () => wrong('198.51.100.7'))]
  const title = 'Somebody guesses passwords of phone accounts (source 198.51.100.7)'
  const told = run(PACKAGED, [...guesses(0), ...guesses(0), ...guesses(400_000)])
  assert.equal(told.filter(each => each === title).length, 2)
})

test('modifiers, wildcards and conditions mean what Sigma says', () => {
  const rule = (detection: string) =>
    `title: t\nid: ${'a'.repeat(8)}-b\nlevel: low\nlogsource: {}\ndetection:\n${detection}`
  const finds = (detection: string, data: Readonly<Record<string, unknown>>): boolean => {
    const read = readRules(rule(detection), 'x.yml')
    assert.deepEqual(read.faults, [], detection)
    return run(read.rules, [['call.refused', data]]).length > 0
  }
  const data = { to: '+34900123456', sipCode: 403, reason: 'Too Many*Calls', rule: 'FRAUD_BURST' }
  const yes = [
    '  a: { data.reason: too many?calls }\n  condition: a',
    '  a: { data.reason: "too*" }\n  condition: a',
    '  a: { data.reason: "*many\\\\*calls" }\n  condition: a',
    '  a: { data.reason|contains|all: [too, calls] }\n  condition: a',
    '  a: { data.to|re: "^.3490+1" }\n  condition: a',
    '  a: { data.sipCode|gte: 403, data.sipCode|lt: 404 }\n  condition: a',
    '  a: [many*calls, nothing]\n  condition: a',
    '  a: [{ data.sipCode: 1 }, { data.sipCode: 403 }]\n  condition: a',
    '  a1: { data.sipCode: 1 }\n  a2: { data.sipCode: 403 }\n  condition: 1 of a*',
    '  a: { data.sipCode: 403 }\n  b: { data.rule: x }\n  condition: a and not (b or b)',
    '  a: { data.nothing: null }\n  condition: a',
    '  a: { data.nothing|exists: false, data.rule|exists: true }\n  condition: all of them',
    '  a: { target|startswith: "+34" }\n  condition: a',
  ]
  for (const detection of yes) assert.equal(finds(detection, data), true, detection)
  const no = [
    '  a: { data.reason: too many }\n  condition: a',
    '  a: { data.reason: "*many\\\\?calls" }\n  condition: a',
    '  a: { data.reason|contains|all: [too, few] }\n  condition: a',
    '  a1: { data.sipCode: 1 }\n  a2: { data.sipCode: 403 }\n  condition: all of a*',
    '  a: { data.sipCode|gt: 403 }\n  condition: a',
    '  a: { data.sipCode: 403, data.rule: x }\n  condition: a',
    '  a: { data.rule|exists: false }\n  condition: a',
  ]
  for (const detection of no) assert.equal(finds(detection, data), false, detection)
})

test('a rule that cannot be read says where, and the others count', () => {
  const faultOf = (text: string): string => {
    const [fault] = readRules(text, 'x.yml').faults
    return `${fault?.where}: ${fault?.message}`
  }
  const head = 'title: t\nid: a\nlogsource: {}\n'
  const cases: readonly (readonly [string, RegExp])[] = [
    ['title: [', /^line \d+: /],
    ['id: a', /^title: is missing/],
    [`${head}detection: { a: { user: x }, condition: a }`, /^detection\.a\.user: user is no field/],
    [`${head}detection: { a: { type|base64: x }, condition: a }`, /base64 is no modifier/],
    [`${head}detection: { a: { data.x|re: "(?=x)" }, condition: a }`, /no regular expression that is safe/],
    [`${head}detection: { a: { data.x|gt: many }, condition: a }`, /give a number/],
    [`${head}detection: { a: { source|cidr: here }, condition: a }`, /is no network/],
    [`${head}detection: { a: { type: x }, condition: b }`, /names b, and there is no such selection/],
    [`${head}detection: { a: { type: x }, condition: a and }`, /ends where/],
    [`${head}detection: { a: { type: x }, condition: (a }`, /lacks a \)/],
    [`${head}detection: { a: { type: x }, condition: a a }`, /goes on with/],
    [`${head}detection: { a: { type: x }, condition: a, timeframe: 5m }`, /write a correlation/],
    ['title: t\nid: a\nlogsource: { product: windows }\ndetection: { a: { type: x }, condition: a }', /is windows/],
    [`${head}correlation: { type: event_count, rules: [x], timespan: 5y, condition: { gte: 1 } }`, /is a span/],
    [`${head}correlation: { type: event_count, rules: [x], timespan: 5m }`, /condition/],
    [
      `${head}correlation: { type: event_count, rules: [x], timespan: 5m, group-by: [user], condition: { gte: 1 } }`,
      /user is no field/,
    ],
  ]
  for (const [text, expected] of cases) assert.match(faultOf(text), expected, text)
  const mixed = readRules(`${head}detection: { a: { type: x }, condition: a }\n---\nid: b`, 'x.yml')
  assert.deepEqual([mixed.rules.length, mixed.faults.length], [1, 1])
  const dangling = readRules(
    `${head}correlation: { type: event_count, rules: [x], timespan: 5m, condition: { gte: 1 } }`,
    'x.yml',
  )
  assert.match(createDetectionEngine(dangling.rules).faults[0]!.message, /names x, and there is no such rule/)
})

test('whatever is in a file is read or refused, and aliases do not multiply', () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n`
  assert.equal(readRules(bomb, 'x.yml').rules.length, 0)
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), text => {
      const { rules, faults: found } = readRules(
        `title: t\nid: a\nlogsource: {}\ndetection:\n  a: { type: ${JSON.stringify(text)} }\n  condition: ${JSON.stringify(text)}`,
        'x',
      )
      assert.equal(rules.length + found.length, 1)
    }),
  )
})

test('a busy attacker pushes nothing out of an order: what began is remembered whatever comes between', () => {
  const read = readRules(
    ['a', 'b', 'c']
      .map(
        name => `title: ${name}\nid: ${name}\nlogsource: {}\ndetection: { x: { data.reason: ${name} }, condition: x }`,
      )
      .concat(
        'title: order\nid: order\nlevel: high\ncorrelation: { type: temporal_ordered, rules: [a, b, c], group-by: [rule], timespan: 1h }',
      )
      .join('\n---\n'),
    'x.yml',
  )
  assert.deepEqual(read.faults, [])
  const step = (reason: string): Step => ['call.refused', { reason, rule: 'r' }, 10]
  assert.deepEqual(run(read.rules, [step('a'), ...times(5_000, () => step('b')), step('c')]), ['order (rule r)'])
  assert.deepEqual(run(read.rules, [step('b'), step('a'), step('c')]), [])
  assert.deepEqual(run(read.rules, [step('a'), step('c'), step('b')]), [])
})

test('an extension of one organisation is not that of another, and an address is the same for all', () => {
  const quality = (organisationId: string): Step => [
    'call.ended',
    { from: '101', to: '102', callerQuality: { mos: 2 } },
    1_000,
    organisationId,
  ]
  const bad = 'Calls of an extension sound bad (extension 101)'
  assert.deepEqual(run(PACKAGED, [quality('one'), quality('two'), quality('one'), quality('two')]), [])
  assert.deepEqual(run(PACKAGED, [quality('one'), quality('two'), quality('one'), quality('one')]), [bad])
  const guess = (index: number): Step => {
    const [type, data] = wrong('198.51.100.7', 'u1')
    return [type, data, 1_000, index % 2 === 0 ? 'one' : 'two']
  }
  assert.equal(run(PACKAGED, times(10, guess)).length, 1)
})

test('rules that did not change go on with what they have seen when others take their place', () => {
  const first = createDetectionEngine(PACKAGED)
  const event = (index: number) => {
    const [type, data] = wrong('198.51.100.7')
    const at = START + index * 1_000
    return detectedEvent({ id: `e${index}`, type, at, severity: 'warning', data } as unknown as RingfenceEvent)
  }
  for (let index = 0; index < 9; index++) assert.deepEqual(first.observe(event(index)), [])
  const second = createDetectionEngine(PACKAGED.slice(0), first.memory)
  assert.equal(second.observe(event(9)).length, 1)
  assert.deepEqual(createDetectionEngine(PACKAGED).observe(event(9)), [])
})

test('a correlation stands on another one, none stands on itself, and many ways between them are gone once', () => {
  const base = 'title: base\nid: base\nlogsource: {}\ndetection: { x: { type: call.refused }, condition: x }'
  const over = (name: string, rules: readonly string[], level = '') =>
    `title: ${name}\nid: ${name}\n${level}correlation: { type: temporal, rules: [${rules.join(', ')}], group-by: [rule], timespan: 1h }`
  const layers = Array.from({ length: 40 }, (_, layer) => {
    const below = layer === 0 ? ['base'] : [`a${layer - 1}`, `b${layer - 1}`]
    return [over(`a${layer}`, below), over(`b${layer}`, below)]
  }).flat()
  const top = over('top', ['a39', 'b39'], 'level: high\n')
  const read = readRules([base, ...layers, top].join('\n---\n'), 'x.yml')
  assert.deepEqual(read.faults, [])
  const refused: Step = ['call.refused', { reason: 'x', rule: 'r' }]
  assert.deepEqual(run(read.rules, [refused]), ['top (rule r)'])
  const circle = readRules([base, over('one', ['base', 'two']), over('two', ['one'])].join('\n---\n'), 'x.yml')
  assert.equal(createDetectionEngine(circle.rules).faults.length, 2)
})
