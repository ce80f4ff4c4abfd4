/** What a detection found, as security tools know findings. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RingfenceEvent } from '../../events/catalogue.ts'
import { eventFacts } from '../event-facts.ts'
import { cefText } from './cef.ts'
import { ecsDocument } from './ecs.ts'
import { ocsfEvent } from './ocsf.ts'

const CONTEXT = { host: 'pbx.example.com', version: '0.1.0' }
const FOUND = {
  id: '019ac3b2-0000-7000-8000-000000000000',
  type: 'detection.found',
  at: Date.UTC(2026, 10, 23, 3),
  severity: 'error',
  data: {
    rule: 'acee18e0-eee4-4445-8c35-6a17df36b7f3',
    title: 'One password is tried | at many accounts',
    level: 'high',
    reason: 'One source gave wrong credentials for five different accounts.',
    address: '198.51.100.7',
    group: { source: '198.51.100.7' },
    count: 5,
    events: [{ id: '019ac3b2-0000-7000-8000-000000000001', type: 'authentication.failed', at: 1 }],
    tags: ['attack.t1110.003'],
    unsaid: 0,
  },
} as unknown as RingfenceEvent
const FACTS = eventFacts({ position: 7, event: FOUND })

test('in OCSF a detection is a Detection Finding with its rule, its title and its evidence', () => {
  const finding = ocsfEvent(FACTS, CONTEXT)
  assert.equal(finding['class_uid'], 2004)
  assert.equal(finding['severity_id'], 4)
  assert.deepEqual(finding['finding_info'], {
    uid: FOUND.id,
    title: 'One password is tried | at many accounts',
    desc: 'One source gave wrong credentials for five different accounts.',
    analytic: {
      type_id: 1,
      uid: 'acee18e0-eee4-4445-8c35-6a17df36b7f3',
      name: 'One password is tried | at many accounts',
    },
    related_events: [{ uid: '019ac3b2-0000-7000-8000-000000000001', type: 'authentication.failed' }],
  })
  assert.deepEqual(finding['observables'], [{ name: 'src_endpoint.ip', type_id: 2, value: '198.51.100.7' }])
})

test('in ECS it is an alert, in CEF its title ends no field', () => {
  const document = ecsDocument(FACTS, CONTEXT) as {
    readonly event: object
    readonly rule: object
    readonly source: object
  }
  assert.equal((document.event as { readonly kind: string }).kind, 'alert')
  assert.deepEqual(document.rule, {
    id: 'acee18e0-eee4-4445-8c35-6a17df36b7f3',
    name: 'One password is tried | at many accounts',
  })
  assert.deepEqual(document.source, { address: '198.51.100.7', ip: '198.51.100.7' })
  assert.match(cefText(FACTS, CONTEXT), /\|detection\.found\|One password is tried \\\| at many accounts\|8\|/)
})
