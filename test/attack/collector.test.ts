/** The path of a real call at a collector: spans of the call that it is, and nobody's number in them. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually, temporaryFolder } from '../support/places.ts'
import { accepted, startRingfence } from '../support/ringfence.ts'

interface Body {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly { readonly name: string; readonly traceId: string }[] }[]
  }[]
}

test('a call between two phones is a trace with the id of the call', { timeout: 90_000 }, async context => {
  const bodies: string[] = []
  const collector = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (part: string) => (body += part))
    request.on('end', () => {
      bodies.push(body)
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>(done => collector.listen(0, '127.0.0.1', done))
  context.after(() => {
    collector.closeAllConnections()
    collector.close()
  })
  const folder = temporaryFolder('collector')
  context.after(() => folder.remove())
  const config = join(folder.path, 'settings.yaml')
  const url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/traces`
  writeFileSync(config, JSON.stringify({ trace: { collector: { url, allowInsecurePlaintext: true } } }), {
    mode: 0o600,
  })
  const system = await startRingfence({ name: 'collector', arguments: ['--config', config] })
  context.after(() => system.stop())
  for (const number of ['7101', '7102']) await system.addExtension(number)
  const called = await system.run('testcall', '7101', '7102')
  assert.equal(called.code, 0, called.output)
  await eventually(() => bodies.length > 0, 20_000, 'the trace')
  const [body = ''] = bodies
  const spans = (JSON.parse(body) as Body).resourceSpans[0]!.scopeSpans[0]!.spans
  const names = spans.map(each => each.name)
  for (const name of ['call', 'call setup', 'talk']) assert.ok(names.includes(name), names.join())
  const [past] = accepted(await (await system.operations()).callsPast({ limit: 1 }))
  assert.deepEqual(new Set(spans.map(each => each.traceId)), new Set([past!.id.replaceAll('-', '')]))
  assert.match(body, /"ringfence\.callee\.media","value":\{"stringValue":"AEAD_AES_256_GCM/)
  assert.doesNotMatch(body, /710[12]|127\.0\.0\.1/)
})
