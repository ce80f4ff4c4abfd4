/** The document that describes the interface is what the interface does: it reads as OpenAPI 3.1, and live answers fit it. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { z } from 'zod'
import { fillOrganisation } from '../../../test/support/api-organisation.ts'
import { bodyFor, nameOf, sampleBodies, urlFor } from '../../../test/support/api-samples.ts'
import { type ApiWorld, apiWorld, OPERATOR } from '../../../test/support/api-world.ts'
import { createOperationsFor } from '../../composition/operations-for.ts'
import { createFakeOperations } from '../fake-operations.ts'
import type { Operations } from '../operations.ts'
import { OPERATION_NAMES } from '../operation-schemas.ts'
import { problemSchema } from './problem.ts'

type Json = Readonly<Record<string, unknown>>
type Described = Readonly<Record<string, Readonly<Record<string, Json>>>>

let shared: Filled
let document: Json

/** The firewall and the trunks run beside no test: what they answer is made up. */
const fake = createFakeOperations().operations
const RUNNING = /^(firewall|alertTest$|trunkTest$)/
const running = Object.fromEntries(Object.entries(fake).filter(([name]) => RUNNING.test(name))) as Partial<Operations>

interface Filled {
  readonly world: ApiWorld
  readonly named: Readonly<Record<string, string>>
}

/** With one of everything, and nothing changed yet. */
async function filled(): Promise<Filled> {
  const fresh: ApiWorld = await apiWorld({ operationsFor: scope => ({ ...operationsFor(scope), ...running }) })
  const operationsFor = createOperationsFor(fresh.options)
  fresh.enter('owner', 'owner', undefined, { extension: '101' })
  const { one } = fresh.organisations
  const operations = operationsFor({ organisationId: one, actor: OPERATOR, installation: false })
  const names = { extension: '101', e164: '+4930100', prefix: '881', mark: 'Eins' }
  const named = await fillOrganisation(fresh, operations, one, names)
  const { body } = await fresh.ask('POST', '/api/v1/deck/uploads', { as: 'owner', body: { name: 'rates' } })
  const upload = String(body['upload'])
  const [rate] = (sampleBodies('101', '')['POST /deck/uploads/{upload}/rates'] as { rates: object[] }).rates
  await fresh.ask('POST', `/api/v1/deck/uploads/${upload}/rates`, {
    as: 'owner',
    body: { rates: [{ ...rate, prefix: '44' }] },
  })
  return { world: fresh, named: { ...named, '/deck/uploads/{upload}': upload } }
}

before(async () => {
  await fake.trunkAdd({ name: 'eins-trunk', host: 'eins.example.net' })
  shared = await filled()
  document = (await shared.world.ask('GET', '/api/openapi.json')).body
})

after(() => shared.world.close())

test('the document is OpenAPI 3.1 with every route, described', () => {
  assert.equal(document['openapi'], '3.1.0')
  const paths = document['paths'] as Described
  const ids = new Set<string>()
  for (const route of shared.world.routes) {
    const found = paths[route.path]?.[route.method.toLowerCase()]
    assert.ok(found !== undefined, nameOf(route))
    for (const field of ['summary', 'operationId', 'responses', 'tags'])
      assert.ok(found[field] !== undefined, `${nameOf(route)} ${field}`)
    assert.ok(!ids.has(String(found['operationId'])), `${nameOf(route)}: ${String(found['operationId'])} twice`)
    ids.add(String(found['operationId']))
    const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    const parameters = (found['parameters'] as readonly Json[]).filter(each => each['in'] === 'path')
    assert.deepEqual(
      parameters.map(each => each['name']),
      inPath,
      nameOf(route),
    )
  }
  const count = Object.values(paths).flatMap(each => Object.keys(each)).length
  assert.equal(count, shared.world.routes.length, 'no route is there twice')
})

test('every reference leads somewhere, and every schema is one that a reader of JSON Schema takes', () => {
  const schemas: Json[] = []
  walk(document, each => {
    const reference = each['$ref']
    if (typeof reference === 'string') {
      const target = reference
        .slice(2)
        .split('/')
        .reduce<unknown>((at, part) => (at as Json)[part], document)
      assert.ok(target !== undefined, reference)
    }
    if (each['schema'] !== undefined && (each['schema'] as Json)['$ref'] === undefined)
      schemas.push(each['schema'] as Json)
  })
  assert.ok(schemas.length > 100, String(schemas.length))
  for (const schema of schemas) z.fromJSONSchema(schema as never)
})

function walk(value: unknown, visit: (each: Json) => void): void {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) visit(value as Json)
  for (const each of Object.values(value)) walk(each, visit)
}

test('no operation of the system is left out, but those of the machine itself', () => {
  const offered = new Set(shared.world.routes.map(({ operation }) => operation))
  // Told by routes of several operations, or of the identity service. Naming where the log goes, and its one chain of proofs, are the machine's alone.
  const otherwise =
    /^(export(Add|Remove)$|people|apiKey|organisation|detectionsReload$|callReport$|events(Search|Count|Sign|Proof|Statements|Statistics|Forget)$|callsPast$|events$|eventsFollow$)/
  assert.deepEqual(
    OPERATION_NAMES.filter(name => !offered.has(name as never) && !otherwise.test(name)),
    [],
  )
})

/** Wants a session, a passkey or a link that is made in a browser: test/browser and the tests of identity have them. */
const ELSEWHERE =
  /^(POST \/(auth|enrolment)\/|\w+ \/me\/(factors|passkeys|password|totp|recovery-codes|sessions)|POST \/session\/step-up)/

test('what is answered is what is described: nothing is missing, nothing is undescribed', async () => {
  const paths = document['paths'] as Described
  const unanswered: string[] = []
  for (const route of shared.world.routes) {
    const name = nameOf(route)
    // It ends with its reader: stream.test.ts.
    if (name === 'GET /events/stream') continue
    const fresh = route.method === 'GET' ? shared : await filled()
    const asked = { as: 'owner', body: bodyFor(route, sampleBodies('101', '+4930101')) }
    const answer = await fresh.world.ask(route.method, urlFor(route, fresh.named), asked)
    if (fresh !== shared) await fresh.world.close()
    if (answer.status >= 400) {
      problemSchema.parse(answer.body)
      if (!ELSEWHERE.test(name)) unanswered.push(`${name}: ${answer.text}`)
      continue
    }
    const described = paths[route.path]![route.method.toLowerCase()]!['responses'] as Json
    const content = (described[String(answer.status)] as Json | undefined)?.['content'] as Json | undefined
    assert.ok(described[String(answer.status)] !== undefined, `${name}: ${answer.status} is not described`)
    if (answer.status === 204) continue
    z.fromJSONSchema((content!['application/json'] as Json)['schema'] as never).parse(answer.body)
    assert.deepEqual(route.response!.parse(answer.body), answer.body, name)
  }
  assert.deepEqual(unanswered, [])
})
