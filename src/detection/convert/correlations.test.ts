/** Correlations in Splunk and Elastic find what they find here: over the packaged streams, and over random ones of their events. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RingfenceEvent } from '../../events/catalogue.ts'
import { eventFacts } from '../../export/event-facts.ts'
import { ecsDocument } from '../../export/formats/ecs.ts'
import { splunkEvent } from '../../export/formats/splunk.ts'
import { createDetectionEngine } from '../engine.ts'
import { packagedRules, packagedStreams } from '../packaged-rules.ts'
import { detectedEvent } from '../read-event.ts'
import { eventsOf } from '../streams.ts'
import type { CorrelationRule, SigmaRule } from '../types.ts'
import { eqlSequence } from './eql.ts'
import { esqlCount } from './esql.ts'
import { splCorrelation } from './spl.ts'
import { valuesByPath } from './test-support/boolean-query.ts'
import { hasCount, hasSequence } from './test-support/elastic-languages.ts'
import { type Row, runPipeline } from './test-support/spl-pipeline.ts'

const CONTEXT = { host: 'pbx.example.com', version: '0.1.0' }
const { rules: PACKAGED } = packagedRules()
const STREAMS = packagedStreams()
const find = (name: string): SigmaRule | undefined => PACKAGED.find(each => each.name === name)
const TELLING = PACKAGED.filter((each): each is CorrelationRule => each.kind === 'correlation' && !each.base)

function inSplunk(event: RingfenceEvent): Row {
  const sent = JSON.parse(splunkEvent(eventFacts({ position: 1, event }), CONTEXT, undefined)) as {
    readonly time: number
    readonly event: object
    readonly sourcetype: string
  }
  return { time: sent.time, fields: valuesByPath({ ...sent.event, sourcetype: sent.sourcetype }, '{}') }
}

/** Behind the pipeline of docs/detections.md. */
function inElastic(event: RingfenceEvent): Row {
  const document = JSON.parse(JSON.stringify(ecsDocument(eventFacts({ position: 1, event }), CONTEXT))) as {
    readonly ringfence: { readonly data: string }
  }
  const own = JSON.parse(document.ringfence.data) as object
  const fields = valuesByPath({ ...document, ringfence: { ...document.ringfence, event: own } }, '')
  return { time: event.at / 1_000, fields }
}

/** Undefined where there is no form of it. */
function inElasticFound(rule: CorrelationRule, events: readonly RingfenceEvent[]): boolean | undefined {
  const [count, sequence] = [esqlCount(rule, find), eqlSequence(rule, find)]
  const rows = events.map(inElastic)
  if (count !== undefined) return hasCount(count, rows)
  return sequence === undefined ? undefined : hasSequence(sequence, rows)
}

/** Whether it finds something. */
function here(rule: CorrelationRule, events: readonly RingfenceEvent[]): boolean {
  const engine = createDetectionEngine(PACKAGED)
  return events.flatMap(each => engine.observe(detectedEvent(each))).some(each => each.rule.id === rule.id)
}

function inPipeline(rule: CorrelationRule, events: readonly RingfenceEvent[]): boolean {
  return runPipeline(splCorrelation(rule, find)!, events.map(inSplunk)).length > 0
}

test('each packaged correlation finds its attack in Splunk and Elastic, too, and leaves the harmless stream alone', () => {
  assert.ok(TELLING.length >= 8)
  for (const rule of TELLING) {
    const streams = STREAMS.find(each => each.rule === rule.id)!
    assert.equal(inPipeline(rule, eventsOf(streams.attack)), true, `${rule.title}: attack`)
    assert.equal(inPipeline(rule, eventsOf(streams.benign)), false, `${rule.title}: benign`)
    assert.equal(inElasticFound(rule, eventsOf(streams.attack)), true, `${rule.title}: attack in Elastic`)
    assert.equal(inElasticFound(rule, eventsOf(streams.benign)), false, `${rule.title}: benign in Elastic`)
  }
})

for (const rule of TELLING) {
  test(`"${rule.title}" finds the same here and there, whatever happens in which order`, () => {
    const { attack, benign } = STREAMS.find(each => each.rule === rule.id)!
    const pool = eventsOf([...attack, ...benign])
    // About as often as makes the rule true now and then.
    const pace = Math.ceil((rule.timespanMs / 1_000 / Math.max(2, rule.threshold)) * 1.6)
    const step = fc.record({ which: fc.nat(pool.length - 1), afterS: fc.integer({ min: 1, max: pace }) })
    const outcomes = new Set<boolean>()
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 40, size: 'max' }), steps => {
        let at = Date.UTC(2026, 0, 5)
        const events = steps.map(({ which, afterS }, index) => {
          at += afterS * 1_000
          return { ...pool[which]!, id: `e${index}`, at } as RingfenceEvent
        })
        const found = here(rule, events)
        outcomes.add(found)
        assert.equal(inPipeline(rule, events), found)
        // An order with a count in it has a time of its own in EQL.
        if (rule.type !== 'temporal_ordered') assert.equal(inElasticFound(rule, events), found)
      }),
      { seed: 20_261_123, numRuns: 100 },
    )
    assert.equal(outcomes.size, 2, 'both were seen')
  })
}
