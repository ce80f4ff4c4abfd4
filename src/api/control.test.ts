import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { silentLogger } from '../base/logger.ts'
import { createControlClient } from './control-client.ts'
import { findControlSocket } from './control-path.ts'
import { createControlServer } from './control-server.ts'
import { createFakeOperations } from './fake-operations.ts'
import { OPERATION_NAMES } from './operation-schemas.ts'

function folder(context: TestContext, ...deeper: string[]): string {
  const path = mkdtempSync(join(tmpdir(), 'ringfence-control-'))
  context.after(() => rmSync(path, { recursive: true, force: true }))
  return join(path, ...deeper)
}

async function running(context: TestContext, dataDirectory = folder(context)) {
  const { operations, state } = createFakeOperations()
  const server = createControlServer({ operations, dataDirectory, logger: silentLogger })
  const path = await server.start()
  context.after(() => server.stop())
  const client = await createControlClient(dataDirectory)
  assert.ok(client !== undefined)
  return { client, path, server, state, dataDirectory, operations }
}

function post(socketPath: string, path: string, body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const sent = request({ socketPath, path, method: 'POST', headers, agent: false }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', chunk => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    sent.once('error', reject)
    sent.end(body)
  })
}

test('a client performs operations and sees refusals as values', async context => {
  const { client } = await running(context)
  const added = await client.extensionAdd({ number: '101', name: 'Reception é' })
  assert.deepEqual(added.ok && added.value.name, 'Reception é')
  const again = await client.extensionAdd({ number: '101', name: 'Reception' })
  assert.equal(!again.ok && again.error.code, 'DIRECTORY_EXTENSION_EXISTS')
  const device = await client.deviceAdd({ extension: '101' })
  assert.equal(device.ok && device.value.domain, 'pbx.example.com')
  assert.deepEqual(await client.extensionRemove({ number: '999' }), {
    ok: false,
    error: { code: 'DIRECTORY_EXTENSION_UNKNOWN', message: 'there is no extension 999' },
  })
  const status = await client.status()
  assert.equal(status.ok && status.value.listeners.length, 2)
})

test('every operation can be reached', async context => {
  const { client, path } = await running(context)
  assert.deepEqual(Object.keys(client).toSorted(), [...OPERATION_NAMES].toSorted())
  for (const name of OPERATION_NAMES) {
    const { text } = await post(path, `/operations/${name}`, '{}')
    assert.doesNotMatch(text, /no such operation/, name)
  }
})

test('only the owner enters: the folder is 0700, the socket 0600', async context => {
  const { path } = await running(context)
  assert.equal(statSync(dirname(path)).mode & 0o777, 0o700)
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test('input that does not fit is refused with the field', async context => {
  const { path } = await running(context)
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['extensionAdd', '{"number":101,"name":"x"}', /^number: /],
    ['extensionAdd', '{"number":"101","name":"x","admin":true}', /admin/],
    ['events', '{"limit":0}', /^limit: /],
    ['events', '{"limit":5,"types":["call.nothing"]}', /^types\.0: names no event/],
    ['eventsFollow', '{"after":1,"waitMs":31000}', /^waitMs: /],
    ['deviceList', '{"extension":null}', /^extension: /],
    ['deviceAdd', '[]', /^the input: /],
    ['status', '{', /JSON/],
    ['trunkAdd', '{"name":"a","host":"h","transport":"SCTP"}', /^transport: /],
    ['trunkAdd', '{"name":"a","host":"h","port":0}', /^port: /],
    ['trunkAdd', '{"name":"a"}', /^host: /],
    ['trunkChange', '{"name":"a","allowInsecureMedia":"yes"}', /^allowInsecureMedia: /],
    ['trunkChange', '{"name":"a","state":null}', /^state: /],
    ['numberAdd', '{"e164":"+4930","target":"nowhere"}', /^target: is none of extension:101, /],
    ['numberRoute', '{"e164":"+4930","afterHours":"trunk:A B"}', /^afterHours: /],
    ['groupAdd', `{"number":"200","members":${JSON.stringify(Array(51).fill('1'))}}`, /^members: /],
    ['callingChange', '{"openCountries":["Germany"]}', /^openCountries\.0: is no country/],
    ['callingChange', '{"hours":[{"days":[8],"from":"09:00","to":"10:00"}]}', /^hours\.0\.days\.0: /],
    ['extensionCallingChange', '{"extension":"101","noAnswerSeconds":0}', /^noAnswerSeconds: /],
    ['dialDryRun', '{"number":"112"}', /^from: /],
  ]
  for (const [name, body, expected] of cases) {
    const { status, text } = await post(path, `/operations/${name}`, body)
    const { ok, error } = JSON.parse(text)
    assert.equal(status, 400, `${name} ${body}`)
    assert.equal(ok, false)
    assert.equal(error.code, 'OPERATION_INVALID')
    assert.match(error.message, expected)
  }
  const missing = await post(path, '/operations/toString', '{}')
  assert.match(missing.text, /no such operation/)
})

test('a password that does not fit is in no answer', async context => {
  const { path } = await running(context)
  const password = 'horse'.repeat(60)
  const { status, text } = await post(path, '/operations/trunkAdd', JSON.stringify({ name: 'a', host: 'h', password }))
  assert.equal(status, 400)
  assert.match(text, /"password: /)
  assert.doesNotMatch(text, /horse/)
})

test('bodies are bounded', async context => {
  const { path } = await running(context)
  const long = await post(path, '/operations/extensionAdd', JSON.stringify({ number: 'x'.repeat(70_000), name: 'x' }))
  assert.equal(long.status, 413)
  const devices = Array.from({ length: 5_000 }, (_, index) => ({
    extension: String(1_000 + index),
    username: `load${index}`,
    password: 'secret',
  }))
  const large = await post(path, '/operations/deviceImport', JSON.stringify({ devices }))
  assert.deepEqual(JSON.parse(large.text), { ok: true, value: { imported: 5_000 } })
})

test('an operation that throws is an answer, not a crash', async context => {
  const dataDirectory = folder(context)
  const { operations } = createFakeOperations()
  const broken = { ...operations, status: () => Promise.reject(new Error('the store is away')) }
  const server = createControlServer({ operations: broken, dataDirectory, logger: silentLogger })
  await server.start()
  context.after(() => server.stop())
  const client = await createControlClient(dataDirectory)
  assert.deepEqual(await client?.status(), {
    ok: false,
    error: { code: 'OPERATION_FAILED', message: 'the store is away' },
  })
})

test('without a server there is no client', async context => {
  assert.equal(await createControlClient(folder(context)), undefined)
  const { server, client, path, dataDirectory } = await running(context)
  await server.stop()
  await server.stop()
  assert.equal(existsSync(path), false)
  assert.equal(await createControlClient(dataDirectory), undefined)
  const late = await client.extensionList()
  assert.equal(!late.ok && late.error.code, 'OPERATION_NEEDS_SERVER')
})

test('a socket that a crash left behind is replaced', async context => {
  const dataDirectory = folder(context)
  mkdirSync(join(dataDirectory, 'run'), { recursive: true })
  const path = join(dataDirectory, 'run', 'control.sock')
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', script])
  assert.ok(existsSync(path))
  assert.equal(await createControlClient(dataDirectory), undefined)
  await running(context, dataDirectory)
})

test('a second server on the same folder is refused', async context => {
  const { dataDirectory, operations } = await running(context)
  const second = createControlServer({ operations, dataDirectory, logger: silentLogger })
  await assert.rejects(second.start(), { code: 'CONTROL_IN_USE' })
})

test('a long path is replaced by a short private one', async context => {
  const dataDirectory = folder(context, 'x'.repeat(120))
  const { path, server } = await running(context, dataDirectory)
  assert.match(path, /^\/tmp\/ringfence-/)
  assert.equal(statSync(dirname(path)).mode & 0o777, 0o700)
  assert.equal(readFileSync(join(dataDirectory, 'run', 'control.path'), 'utf8'), path)
  await server.stop()
  assert.equal(existsSync(dirname(path)), false)
})

test('a pointer into a folder that others may enter is not followed', context => {
  const dataDirectory = folder(context)
  mkdirSync(join(dataDirectory, 'run'), { recursive: true })
  const stranger = mkdtempSync('/tmp/ringfence-')
  context.after(() => rmSync(stranger, { recursive: true, force: true }))
  writeFileSync(join(dataDirectory, 'run', 'control.path'), join(stranger, 'control.sock'))
  assert.equal(findControlSocket(dataDirectory), join(stranger, 'control.sock'))
  spawnSync('chmod', ['755', stranger])
  assert.equal(findControlSocket(dataDirectory), join(dataDirectory, 'run', 'control.sock'))
})

test('an answer of something else is not taken for ours', async context => {
  const dataDirectory = folder(context)
  mkdirSync(join(dataDirectory, 'run'), { recursive: true })
  const stranger = createServer(socket => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'))
  })
  await new Promise<void>(resolve => stranger.listen(join(dataDirectory, 'run', 'control.sock'), resolve))
  context.after(() => new Promise(resolve => stranger.close(resolve)))
  const client = await createControlClient(dataDirectory)
  const status = await client?.status()
  assert.equal(status?.ok === false && status.error.code, 'OPERATION_FAILED')
})
