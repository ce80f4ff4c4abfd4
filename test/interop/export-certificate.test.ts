/** A destination with a certificate that does not fit: refused, said, tried again, and nothing is lost meanwhile; calls' operations go on. */
import assert from 'node:assert/strict'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import type { EventType } from '../../src/events/catalogue.ts'
import { createAuthority, issueServerCertificate } from '../../src/keys/certificate-authority.ts'
import { eventually } from '../support/places.ts'
import { accepted, startRingfence } from '../support/ringfence.ts'

test('refused with a reason, told once, tried again until it fits', async () => {
  const now = Date.now()
  const authority = await createAuthority('receivers', now)
  const stranger = await createAuthority('stranger', now)
  const good = await issueServerCertificate(authority, ['127.0.0.1'], now)
  const bad = await issueServerCertificate(stranger, ['127.0.0.1'], now)
  const received: string[] = []
  const server = createServer({ cert: bad.certificatePem, key: bad.privateKeyPem }, (request, response) => {
    const parts: Buffer[] = []
    request.on('data', part => parts.push(part as Buffer))
    request.on('end', () => {
      const lines = Buffer.concat(parts).toString('utf8').split('\n')
      received.push(...lines.map(line => (JSON.parse(line) as { event: { id: string } }).event.id))
      response.end('{"text":"Success","code":0}')
    })
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  after(() => server.close())
  server.unref()
  const system = await startRingfence({ name: 'export-certificate' })
  after(() => system.stop())
  const operations = await system.operations()
  const to = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const token = 'a-token-that-nobody-may-see'
  const added = { name: 'splunk', kind: 'splunk', to, token, caPem: authority.certificatePem, from: 'start' } as const
  accepted(await operations.exportAdd(added))

  const view = async () => accepted(await operations.exportList({ name: 'splunk' }))[0]
  const failing = await eventually(
    async () => {
      const found = await view()
      return found?.state === 'failing' ? found : undefined
    },
    20_000,
    'it fails',
  )
  assert.match(failing.lastError ?? '', /certificate|signature/i)
  const status = await system.run('export', 'status', 'splunk')
  assert.equal(status.code, 1)
  assert.match(status.output, /certificate|signature/i)
  const tried = accepted(await operations.exportTest({ name: 'splunk' }))
  assert.equal(tried.ok, false)
  assert.match(tried.detail, /certificate|signature/i)
  assert.deepEqual(received, [])
  for (let number = 100; number < 140; number++) await system.addExtension(String(number))

  server.setSecureContext({ cert: good.certificatePem, key: good.privateKeyPem })
  assert.equal(accepted(await operations.exportTest({ name: 'splunk' })).ok, true)
  await eventually(async () => (await view())?.behind === 0, 90_000, 'everything is there')
  const told = (type: EventType) => operations.events({ after: 0, limit: 1_000, types: [type] }).then(accepted)
  await eventually(async () => (await told('export.recovered')).length === 1, 10_000, 'its recovery is in the log')
  assert.equal((await told('export.failing')).length, 1)
  const log = accepted(await operations.events({ after: 0, limit: 1_000 }))
  // What is handed over meanwhile is not what is looked for.
  const position = (await view())?.position ?? 0
  const known = new Set<string>(received)
  const missing = log.filter(each => each.position <= position && !known.has(each.event.id))
  assert.deepEqual(missing, [])
  assert.doesNotMatch(JSON.stringify([log, await view(), tried]) + status.output, /nobody-may-see/)
  accepted(await operations.exportRemove({ name: 'splunk' }))
  assert.equal(await view().catch(() => undefined), undefined)
})
