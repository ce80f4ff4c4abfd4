import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { QUERY_FIELDS } from '../../events/query/fields.ts'
import type { RingfenceEvent } from '../../events/catalogue.ts'
import { eventFacts } from '../../export/event-facts.ts'
import { ecsDocument } from '../../export/formats/ecs.ts'
import { splunkEvent } from '../../export/formats/splunk.ts'
import { compileRule } from '../matcher.ts'
import { packagedRules, packagedStreams } from '../packaged-rules.ts'
import { detectedEvent } from '../read-event.ts'
import { readRules } from '../read-rule.ts'
import { eventsOf } from '../streams.ts'
import type { EventRule, SigmaRule } from '../types.ts'
import { convertRule } from './convert.ts'
import { eqlCondition } from './eql.ts'
import { elasticNames, splunkNames } from './fields.ts'
import { luceneQuery } from './lucene.ts'
import { splEvent } from './spl.ts'
import { readQuery, valuesByPath } from './test-support/boolean-query.ts'
import { EQL } from './test-support/elastic-languages.ts'
import { LUCENE, SPLUNK_SEARCH } from './test-support/languages.ts'
import { runPipeline } from './test-support/spl-pipeline.ts'

const CONTEXT = { host: 'pbx.example.com', version: '0.1.0' }
const { rules: PACKAGED } = packagedRules()
const EVENTS = packagedStreams().flatMap(({ attack, benign }) => [...eventsOf(attack), ...eventsOf(benign)])

/** As it stands in Splunk: the event and the source type, lists in braces. */
function inSplunk(event: RingfenceEvent): ReadonlyMap<string, readonly string[]> {
  const sent = JSON.parse(splunkEvent(eventFacts({ position: 1, event }), CONTEXT, undefined)) as {
    readonly event: object
    readonly sourcetype: string
  }
  return valuesByPath({ ...sent.event, sourcetype: sent.sourcetype }, '{}')
}

/** As it stands in Elasticsearch behind the pipeline of docs/detections.md. */
function inElastic(event: RingfenceEvent): ReadonlyMap<string, readonly string[]> {
  const document = JSON.parse(JSON.stringify(ecsDocument(eventFacts({ position: 1, event }), CONTEXT))) as {
    readonly ringfence: { readonly data: string }
  }
  const event_ = JSON.parse(document.ringfence.data) as object
  return valuesByPath({ ...document, ringfence: { ...document.ringfence, event: event_ } }, '')
}

function agree(rule: EventRule, events: readonly RingfenceEvent[]): number {
  const ours = compileRule(rule)
  const spl = splEvent(rule)
  const splunk = spl.includes('|') ? undefined : readQuery(spl, SPLUNK_SEARCH)
  const elastic = readQuery(luceneQuery(rule), LUCENE)
  const sequence = readQuery(eqlCondition(rule), EQL)
  let found = 0
  for (const event of events) {
    const expected = ours(detectedEvent(event).fields)
    if (expected) found++
    const about = `${rule.title}: ${event.type} ${JSON.stringify(event.data)}`
    if (splunk !== undefined) assert.equal(splunk(inSplunk(event)), expected, `${about}\n${spl}`)
    assert.equal(elastic(inElastic(event)), expected, `${about}\n${luceneQuery(rule)}`)
    assert.equal(sequence(inElastic(event)), expected, `${about}\n${eqlCondition(rule)}`)
  }
  return found
}

test('each packaged rule for one event finds the same events in Splunk and Elastic as here', () => {
  for (const rule of PACKAGED) {
    if (rule.kind === 'event') assert.ok(agree(rule, EVENTS) > 0, `${rule.title} finds nothing in all the streams`)
  }
})

test('every rule that tells somebody has a form for Splunk, and one for Elastic', () => {
  for (const rule of PACKAGED.filter(each => !each.base)) {
    const languages = convertRule(rule, PACKAGED).map(each => each.language)
    assert.ok(languages.includes('Splunk SPL'), rule.title)
    assert.ok(
      languages.some(each => each.startsWith('Elastic')),
      rule.title,
    )
  }
})

const event = (data: Readonly<Record<string, unknown>>): RingfenceEvent =>
  ({
    id: '019ac3b2-0000-7000-8000-000000000000',
    type: 'call.refused',
    at: Date.UTC(2026, 0, 5),
    severity: 'warning',
    data,
  }) as unknown as RingfenceEvent

function ruleOf(detection: string): EventRule {
  const { rules, faults } = readRules(`title: t\nid: a\nlevel: low\nlogsource: {}\ndetection:\n${detection}`, 'x.yml')
  assert.deepEqual(faults, [])
  const [rule] = rules as readonly [SigmaRule]
  assert.equal(rule.kind, 'event')
  return rule as EventRule
}

test('values, lists, networks, sizes, wildcards and what has to be escaped mean the same', () => {
  const events = [
    event({ from: '101', to: '+34900123456', sipCode: 403, rule: 'FRAUD_BURST', reason: 'too many*calls' }),
    event({ from: '102', to: '102', sipCode: 404, rule: 'other', reason: 'say "no" (or: not) \\ [x] a/b' }),
    event({ from: '103', to: '', sipCode: 500, rule: '', reason: 'x AND y OR z' }),
    event({ source: { address: '198.51.100.7', port: 1 }, reason: 'AND' }),
    event({ source: { address: '2001:db8::1', port: 1 }, reason: 'b?c' }),
  ]
  const detections = [
    'a: { data.reason: too many*calls }\n  condition: a',
    'a: { data.reason|contains: many*c }\n  condition: a',
    'a: { data.reason|contains: \'say "no" (or: not) \\ [\' }\n  condition: a',
    'a: { data.reason: \'say "no" (or: not) \\ [x] a/b\' }\n  condition: a',
    'a: { data.reason: AND }\n  condition: a',
    'a: { data.reason|endswith: OR z }\n  condition: not a',
    'a: { data.reason|startswith: x AND }\n  condition: a',
    'a: { data.sipCode: [403, 500] }\n  b: { data.sipCode|gte: 404 }\n  condition: a and b',
    'a: { data.sipCode|lt: 404 }\n  b: { extension: "102" }\n  condition: a or b',
    'a: { data.sipCode|exists: false }\n  condition: a',
    'a: { source|cidr: [198.51.100.0/24, "192.0.2.0/24"] }\n  condition: a',
    'a: { source|cidr: "2001:db8::/32" }\n  condition: a',
    'a: { data.reason|contains|all: [x, z] }\n  condition: a',
    'a: [{ data.rule: other }, { data.rule: FRAUD_* }]\n  condition: a',
    'a1: { data.rule: other }\n  a2: { data.sipCode: 404 }\n  b: { extension: "101" }\n  condition: all of a* or b',
    'a: { data.to: null }\n  condition: a',
    'a: { type: call.refused }\n  b: { data.from: "101" }\n  c: { data.from: "102" }\n  condition: a and not (b or c)',
  ]
  for (const detection of detections) agree(ruleOf(`  ${detection}`), events)
})

test('what Splunk cannot search for is asked for by a pattern that means the same', () => {
  for (const [detection, expected] of [
    ['a: { data.reason|re: "^a.*b$" }', `match('data.reason', "^a.*b$")`],
    ['a: { data.reason: "b?c" }', `match('data.reason', "(?i)^b.c$")`],
    ['a: { data.reason: "b\\\\*c" }', `match('data.reason', "(?i)^b\\\\*c$")`],
  ] as const) {
    const text = splEvent(ruleOf(`  ${detection}\n  condition: a`))
    assert.ok(text.startsWith('sourcetype="ringfence:event"\n| where '), text)
    assert.ok(text.includes(expected), `${text}\n${expected}`)
  }
})

test('every field that events have in common stands under that name in both exports', () => {
  const data = {
    actor: { kind: 'person', name: 'ada@example.com', session: 's' },
    extension: '101',
    source: { address: '198.51.100.7', port: 5060 },
    userAgent: 'x',
    to: '102',
    reason: 'why',
    rule: 'R',
    callId: 'c',
  }
  const [splunk, elastic] = [inSplunk(event(data)), inElastic(event(data))]
  for (const { name } of QUERY_FIELDS) {
    assert.ok(splunk.has(splunkNames([])(name)), `${name} in Splunk`)
    assert.ok(elastic.has(elasticNames(name)), `${name} in Elastic`)
  }
})

test('whatever stands in a value stays a value: nothing of it becomes part of a query', () => {
  const special = fc.constantFrom(
    ...'"\\*?()[]{}:/~^!&|+-=<> \'`$%',
    'AND',
    ' OR ',
    'NOT ',
    '"""',
    ') OR type="*',
    '*/',
  )
  const letter = fc.constantFrom(...'aB7é')
  const value = fc.array(fc.oneof(special, letter), { minLength: 1, maxLength: 12 }).map(parts => parts.join(''))
  const operator = fc.constantFrom('', '|contains', '|startswith', '|endswith')
  fc.assert(
    fc.property(value, value, operator, (wanted, other, modifier) => {
      const escaped = modifier === '' ? wanted.replace(/[*?\\]/g, each => `\\${each}`) : wanted
      const rule = ruleOf(`  a: { data.reason${modifier}: ${JSON.stringify(escaped)} }\n  condition: a`)
      const events = [wanted, other, `x${wanted}`, `${wanted}x`, 'x'].map(reason => event({ reason }))
      const ours = compileRule(rule)
      const lucene = readQuery(luceneQuery(rule), LUCENE)
      for (const each of events) {
        const expected = ours(detectedEvent(each).fields)
        const found = runPipeline(splEvent(rule), [{ time: 0, fields: inSplunk(each) }]).length > 0
        assert.equal(found, expected, `${splEvent(rule)}\n${JSON.stringify(each.data)}`)
        // Lucene looks at case, and has no way to write these two.
        if (/[<>]/.test(wanted) || wanted.toLowerCase() !== wanted || other.toLowerCase() !== other) continue
        assert.equal(lucene(inElastic(each)), expected, `${luceneQuery(rule)}\n${JSON.stringify(each.data)}`)
      }
    }),
    { seed: 20_261_123, numRuns: 400 },
  )
})
