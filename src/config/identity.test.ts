import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configurationSchema } from './schema.ts'
import { checkTogether } from './cross-checks.ts'

const WORK = {
  id: 'work',
  name: 'Work account',
  issuer: 'https://login.example.com/realms/work',
  clientId: 'ringfence',
  clientSecretFile: '/etc/ringfence/oidc-secret',
  domains: ['example.com'],
}

const parse = (...identityProviders: readonly unknown[]) => configurationSchema.safeParse({ identityProviders })

test('without a provider there is none, and one needs no more than this', () => {
  assert.deepEqual(configurationSchema.parse({}).identityProviders, [])
  const parsed = parse(WORK)
  assert.ok(parsed.success)
  assert.deepEqual(parsed.data.identityProviders, [{ ...WORK, acceptedAcr: [], acceptedAmr: [] }])
})

for (const [what, changed] of [
  ['a provider in clear', { issuer: 'http://login.example.com' }],
  ['an issuer with a user name', { issuer: 'https://a:b@login.example.com' }],
  ['the address of its metadata', { issuer: 'https://login.example.com/.well-known/openid-configuration' }],
  ['an issuer with a query', { issuer: 'https://login.example.com/?tenant=1' }],
  ['an id that is a path', { id: '../session' }],
  ['no name', { name: ' ' }],
  ['a name that turns around what follows', { name: 'Work\u202e' }],
  ['no domain', { domains: [] }],
  ['every domain', { domains: ['*'] }],
  ['a top level', { domains: ['com'] }],
  ['the secret itself', { clientSecret: 'x' }],
  ['no secret', { clientSecretFile: undefined }],
  ['an empty way to prove it', { acceptedAmr: [''] }],
  ['a way to prove it with nothing beside', { acceptedAmr: ['hwk+'] }],
  ['an empty acr', { acceptedAcr: [''] }],
  ['no age', { maximumAge: 0 }],
] as const) {
  test(`refused: ${what}`, () => assert.equal(parse({ ...WORK, ...changed }).success, false))
}

test('two providers differ in name and issuer', () => {
  const second = { ...WORK, id: 'home', issuer: 'https://home.example.com' }
  for (const [each, key] of [
    [second, undefined],
    [{ ...second, id: 'work' }, 'identityProviders.id'],
    [{ ...second, issuer: WORK.issuer }, 'identityProviders.issuer'],
  ] as const) {
    const parsed = parse(WORK, each)
    assert.ok(parsed.success)
    assert.equal(checkTogether(parsed.data, 0)?.key, key)
  }
})
