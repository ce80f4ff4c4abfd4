/** What authenticators send is read byte by byte: every altered byte is refused, and nothing breaks the reader. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createSoftPasskey } from '../../test/support/soft-passkey.ts'
import { newId } from '../base/ids.ts'
import type { CeremonyState } from './ceremonies.ts'
import { canHavePasskeys, creationOptions, rpIdOf, verifyCreation, verifyUse } from './passkeys.ts'
import type { StoredPasskey } from './repository.ts'
import type { Origin, Person } from './types.ts'

const NOW = Date.UTC(2026, 10, 23)
const HOST = 'phones.example.com:8443'
const ORIGIN: Origin = { address: '192.0.2.1', userAgent: 'x', host: HOST }
const PERSON: Person = {
  id: newId<'PersonId'>(NOW),
  organisationId: undefined,
  email: 'ada@example.com',
  name: 'Ada',
  role: 'owner',
  extension: undefined,
  state: 'active',
  createdAt: NOW,
  lastSignInAt: undefined,
}

type Parts = Record<string, string>
interface Answer {
  readonly id: string
  readonly response: Parts
}

function state(): CeremonyState {
  const challenge = Buffer.alloc(32, 7).toString('base64url')
  return { challenge, subject: '-', host: HOST, expiresAt: NOW + 1 }
}

async function registered(): Promise<{ passkey: StoredPasskey; created: Answer; used: Answer }> {
  const soft = createSoftPasskey()
  const created = soft.create(await creationOptions('Example', PERSON, state(), []), `https://${HOST}`) as Answer
  const passkey = await verifyCreation(created, state(), ORIGIN, 'Key', NOW)
  assert.ok(passkey !== undefined)
  const used = soft.get({ challenge: state().challenge, rpId: rpIdOf(HOST) }, `https://${HOST}`) as Answer
  assert.ok((await verifyUse(used, state(), ORIGIN, passkey, NOW)) !== undefined)
  return { passkey, created, used }
}

/** One bit of one part is another one. */
function altered(answer: Answer, part: string, at: number): Answer {
  const bytes = Buffer.from(answer.response[part]!, 'base64url')
  // Of a signature a number that it is made of: of how it is wrapped the reader forgives what changes nothing.
  const [from, to] = part === 'signature' ? [5, 30] : [0, bytes.length]
  const index = from * 8 + (at % ((to - from) * 8))
  bytes[index >> 3]! ^= 1 << (index & 7)
  return { ...answer, response: { ...answer.response, [part]: bytes.toString('base64url') } }
}

test('an answer with one bit changed proves nothing', async () => {
  const { passkey, used } = await registered()
  const part = fc.constantFrom('clientDataJSON', 'authenticatorData', 'signature')
  await fc.assert(
    fc.asyncProperty(part, fc.nat(), async (which, at) => {
      assert.equal(await verifyUse(altered(used, which, at), state(), ORIGIN, passkey, NOW), undefined)
    }),
    { numRuns: 300 },
  )
})

test('a registration that was altered, cut or made up never breaks the reader, and never loses what is demanded', async () => {
  const { created } = await registered()
  const hostile = fc.oneof(
    fc.nat().map(at => altered(created, 'attestationObject', at)),
    fc.uint8Array({ maxLength: 400 }).map(bytes => withObject(created, Buffer.from(bytes))),
    fc.nat(300).map(length => withObject(created, objectOf(created).subarray(0, length))),
    fc.json({ maxDepth: 4 }).map(text => JSON.parse(text) as unknown),
  )
  await fc.assert(
    fc.asyncProperty(hostile, async response => {
      const passkey = await verifyCreation(response, state(), ORIGIN, 'Key', NOW)
      if (passkey === undefined) return
      const object = objectOf(response as Answer)
      const data = object.subarray(object.indexOf('authData') + 10)
      assert.equal(data[32]! & 0x45, 0x45, 'present, verified, and with a key')
      assert.equal(passkey.rpId, 'phones.example.com')
    }),
    { numRuns: 500 },
  )
})

function objectOf({ response }: Answer): Buffer {
  return Buffer.from(response['attestationObject']!, 'base64url')
}

function withObject(answer: Answer, bytes: Buffer): Answer {
  return { ...answer, response: { ...answer.response, attestationObject: bytes.toString('base64url') } }
}

test('a passkey is bound to the host without its port, and only names can have one', () => {
  assert.equal(rpIdOf('Phones.Example.com:8443'), 'phones.example.com')
  for (const name of ['phones.example.com:8443', 'localhost:8443', 'localhost']) assert.ok(canHavePasskeys(name), name)
  for (const address of ['192.0.2.1:8443', '192.0.2.1', '[2001:db8::1]:8443']) assert.ok(!canHavePasskeys(address))
})
