/** `/metrics` as Prometheus asks for it: with a key of the installation, and nothing without. */
import assert from 'node:assert/strict'
import { request } from 'node:https'
import { after, test } from 'node:test'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'

interface Answer {
  readonly status: number
  readonly type: string
  readonly text: string
}

function scrape(system: Ringfence, headers: Readonly<Record<string, string>>): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const { port } = system.ready.https
  const call = request({ host: '127.0.0.1', port, path: '/metrics', ca: system.caPem, headers }, response => {
    let text = ''
    response.setEncoding('utf8').on('data', part => (text += part))
    const type = String(response.headers['content-type'])
    response.on('end', () => resolve({ status: response.statusCode ?? 0, type, text }))
  })
  call.on('error', reject).end()
  return promise
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/ */
function read(text: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>()
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const found = /^([a-zA-Z_:][\w:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*\})?) (\S+)$/.exec(line)
    assert.ok(found, `no sample: ${line}`)
    samples.set(found[1]!, Number(found[2]))
  }
  return samples
}

test('a key of the installation that may read the status gets figures; nobody else', async () => {
  const system = await startRingfence({ name: 'metrics' })
  after(() => system.stop())
  const operations = await system.operations()
  const keyOf = async (scope: 'status:read' | 'calls:read', organisation?: null): Promise<string> => {
    const where = organisation === undefined ? {} : { organisation }
    const name = `${scope} ${String(organisation)}`
    return accepted(await operations.apiKeyAdd({ name, scopes: [scope], networks: [], seconds: 3_600, ...where }))
      .secret
  }
  await system.addExtension('101')
  const file = `${system.data.path}/log.json`
  accepted(await operations.exportAdd({ name: 'archive', kind: 'file', to: file, from: 'start' }))
  const good = await scrape(system, { authorization: `Bearer ${await keyOf('status:read', null)}` })
  assert.equal(good.status, 200, good.text)
  assert.match(good.type, /^text\/plain; version=0\.0\.4/)
  const samples = read(good.text)
  assert.equal(samples.get('ringfence_extensions'), 1)
  assert.equal(samples.get('ringfence_store_up'), 1)
  assert.equal(samples.get('ringfence_export_up{export="archive"}'), 1)
  assert.equal(samples.get('ringfence_events_total{type="directory.extension-added",severity="notice"}'), 1)
  const others = [
    {},
    { authorization: 'Bearer x' },
    { authorization: `Bearer ${await keyOf('calls:read', null)}` },
    { authorization: `Bearer ${await keyOf('status:read')}` },
  ]
  for (const headers of others) {
    const answer = await scrape(system, headers as Readonly<Record<string, string>>)
    assert.equal(answer.status, 401)
    assert.doesNotMatch(answer.text, /ringfence_/)
  }
})
