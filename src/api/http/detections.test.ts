/** Detections over the interface: who may, what is bounded, and that nobody looks into the past of another organisation. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ApiWorld, apiWorld } from '../../../test/support/api-world.ts'
import type { OrganisationId } from '../../base/ids.ts'

const QUALITY = 'f5d7d25c-1f93-4406-8460-7ce933f7c894'
const OWN = `title: own
id: own
level: low
logsource: { product: ringfence }
detection: { a: { type: call.refused, data.reason|re: "^no+$" }, condition: a }`
const STREAMS = `rule: own
attack: [{ type: call.refused, data: { reason: nooo } }]
benign: [{ type: call.refused, data: { reason: yes } }]`

let world: ApiWorld

before(async () => {
  world = await apiWorld()
  const { one, two } = world.organisations
  world.enter('owner', 'owner', undefined)
  world.enter('auditor', 'auditor', one)
  world.enter('neighbour', 'auditor', two)
  world.enter('user', 'user', one)
  for (const organisation of [one, two, one, two]) badCall(organisation)
  badCall(one)
})

after(() => world.close())

function badCall(organisationId: OrganisationId): void {
  const quality = { packets: 1, lost: 0, jitterMs: 0, roundTripMs: undefined, mos: 2 }
  const leg = {
    number: '101',
    username: undefined,
    signalling: 'TLS',
    tls: undefined,
    media: undefined,
    codec: undefined,
  }
  const data = { callId: 'c', from: '101', to: '102', side: 'caller', cause: 'normal', sipCode: 200, durationMs: 1 }
  world.bus.publish(
    'call.ended',
    { ...data, caller: leg, callee: leg, callerQuality: quality, calleeQuality: quality },
    organisationId,
  )
}

const ask = (as: string, method: string, path: string, body?: unknown) =>
  world.ask(method, `/api/v1${path}`, { as, ...(body === undefined ? {} : { body }) })

test('rules are listed in pages, and one is read by its id', async () => {
  const first = await ask('auditor', 'GET', '/detections?limit=5')
  assert.equal(first.status, 200, first.text)
  assert.equal((first.body['items'] as unknown[]).length, 5)
  assert.ok(first.body['next'])
  const one = await ask('auditor', 'GET', `/detections/${QUALITY}`)
  assert.equal(one.body['title'], 'Calls of an extension sound bad')
  assert.equal((await ask('auditor', 'GET', '/detections/nothing')).status, 404)
})

test('who may not read the log may not ask, and how detections do is of the whole machine', async () => {
  assert.equal((await ask('user', 'GET', '/detections')).status, 403)
  assert.equal((await ask('user', 'POST', '/detections/run', { since: 0 })).status, 403)
  assert.equal((await ask('auditor', 'GET', '/detections/status')).status, 403)
  const status = await ask('owner', 'GET', '/detections/status')
  assert.equal(status.status, 200, status.text)
  assert.equal(status.body['own'], 0)
})

test('a run over the past sees the events of the own organisation alone', async () => {
  for (const [who, found] of [
    ['auditor', 1],
    ['neighbour', 0],
  ] as const) {
    const run = await ask(who, 'POST', '/detections/run', { since: 0, rules: [QUALITY] })
    assert.equal(run.status, 200, run.text)
    assert.deepEqual(run.body['rules'], [{ rule: QUALITY, title: 'Calls of an extension sound bad', found }])
    assert.equal(run.body['events'], found === 1 ? 3 : 2)
  }
})

test('rules are tried on their streams, and what is wrong with them is said; nothing of it stays', async () => {
  const files = [
    { name: 'own.yml', text: OWN },
    { name: 'own.streams.yaml', text: STREAMS },
    { name: 'broken.yml', text: 'title: [' },
  ]
  const tested = await ask('auditor', 'POST', '/detections/test', { files })
  assert.equal(tested.status, 200, tested.text)
  assert.deepEqual(tested.body['rules'], [
    { id: 'own', title: 'own', file: 'own.yml', attack: 1, benign: 0, outcome: 'passed' },
  ])
  assert.match(JSON.stringify(tested.body['problems']), /"broken\.yml","where":"line 1"/)
  assert.equal((await ask('auditor', 'GET', '/detections/own')).status, 404)
})

test('what would take long is refused: too many files, too long ones, patterns that take long, two at once', async () => {
  const file = { name: 'a.yml', text: OWN }
  const refusedFiles = await ask('auditor', 'POST', '/detections/test', {
    files: Array.from({ length: 41 }, () => file),
  })
  assert.equal(refusedFiles.status, 400)
  const long = { name: 'a.yml', text: 'x'.repeat(70_000) }
  assert.equal((await ask('auditor', 'POST', '/detections/test', { files: [long] })).status, 400)
  const whole = Array.from({ length: 5 }, (_, index) => ({ name: `${index}.yml`, text: '# '.repeat(30_000) }))
  const together = await ask('auditor', 'POST', '/detections/test', { files: whole })
  assert.deepEqual([together.status, together.body['code']], [422, 'DETECTION_REFUSED'], together.text)
  const slow = { name: 'slow.yml', text: OWN.replace('^no+$', '(a?){500}(a?){499}[bc]') }
  const steps = await ask('auditor', 'POST', '/detections/test', { files: [slow] })
  assert.match(steps.text, /take too long/)
  const gate = world.options.detections!.gate
  gate.busy = true
  const second = await ask('auditor', 'POST', '/detections/run', { since: 0 })
  assert.equal(second.body['code'], 'DETECTION_REFUSED')
  gate.busy = false
  assert.equal((await ask('auditor', 'POST', '/detections/run', { since: 0 })).status, 200)
})
