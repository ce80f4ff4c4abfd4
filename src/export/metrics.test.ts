import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RingfenceEvent } from '../events/catalogue.ts'
import { createMetrics } from './metrics.ts'

test('findings are counted by their rule, and no label holds what a stranger wrote', async () => {
  const metrics = createMetrics({ gauges: () => ({ live_calls: 2 }), exports: () => [] })
  const data = { rule: 'acee18e0-eee4-4445-8c35-6a17df36b7f3', level: 'high', title: 't', group: { source: 'evil"\n' } }
  const event = { id: 'e', type: 'detection.found', at: 1, severity: 'error', data } as unknown as RingfenceEvent
  metrics.happened(event)
  metrics.happened(event)
  const text = await metrics.text()
  assert.match(text, /^ringfence_detections_total\{rule="acee18e0-eee4-4445-8c35-6a17df36b7f3",level="high"\} 2$/m)
  assert.match(text, /^ringfence_events_total\{type="detection\.found",severity="error"\} 2$/m)
  assert.match(text, /^ringfence_live_calls 2$/m)
  assert.equal(text.includes('evil'), false)
})
