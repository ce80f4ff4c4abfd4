import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { geteuid } from 'node:process'
import { after, test } from 'node:test'
import { Secret } from '../base/secret.ts'
import { loadMasterKey } from './master-key.ts'
import { createSealer, derivePurposeKey } from './sealer.ts'

const folder = mkdtempSync(join(tmpdir(), 'ringfence-keys-'))
after(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'keys', 'master.key')

test('the first start makes a key that its owner alone can read; the next start reads it', () => {
  const first = loadMasterKey({ dataDirectory: folder })
  assert.equal(first.created, true)
  assert.equal(first.key.length, 32)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal(statSync(join(folder, 'keys')).mode & 0o777, 0o700)
  const second = loadMasterKey({ dataDirectory: folder })
  assert.equal(second.created, false)
  assert.deepEqual(second.key, first.key)
})

for (const mode of [0o640, 0o604, 0o660, 0o644]) {
  test(`a key file of mode ${mode.toString(8)} is refused with the command that mends it`, () => {
    chmodSync(file, mode)
    assert.throws(() => loadMasterKey({ dataDirectory: folder }), {
      code: 'KEYS_MASTER_KEY_EXPOSED',
      message: `${file} has mode 0${mode.toString(8)}: others could read it; run: chmod 600 ${file}`,
    })
    chmodSync(file, 0o600)
  })
}

test('a key file of another owner is refused', { skip: geteuid?.() === 0 ? false : 'needs root' }, () => {
  chownSync(file, 65534, 65534)
  assert.throws(() => loadMasterKey({ dataDirectory: folder }), {
    code: 'KEYS_MASTER_KEY_EXPOSED',
    message: `${file} belongs to user id 65534, not to 0; run: chown 0 ${file}`,
  })
  chownSync(file, 0, 0)
})

test('a key file that is not 32 bytes is refused, and is left as it is', () => {
  const before = readFileSync(file)
  writeFileSync(file, 'c2hvcnQ=\n')
  assert.throws(() => loadMasterKey({ dataDirectory: folder }), { code: 'KEYS_MASTER_KEY_INVALID' })
  assert.equal(readFileSync(file, 'utf8'), 'c2hvcnQ=\n')
  writeFileSync(file, before)
})

test('the environment’s key is used as base64 or hexadecimal, and its value is in no error', () => {
  const key = Buffer.alloc(32, 7)
  for (const text of [key.toString('base64'), key.toString('hex'), ` ${key.toString('base64')}\n`]) {
    const loaded = loadMasterKey({ dataDirectory: '/nonexistent', environment: new Secret(text) })
    assert.deepEqual(loaded.key, key)
    assert.equal(loaded.file, undefined)
  }
  assert.throws(
    () => loadMasterKey({ dataDirectory: '/nonexistent', environment: new Secret('hunter2') }),
    (error: Error) => !error.message.includes('hunter2') && error.message.includes('openssl rand -base64 32'),
  )
})

test('what is sealed opens in its context, under its key, unaltered; and only so', () => {
  const sealer = createSealer(Buffer.alloc(32, 1))
  const sealed = sealer.seal('secret text ü', 'device:1')
  assert.match(sealed, new RegExp(`^v1\\.${sealer.keyId}\\.[A-Za-z0-9_-]+$`))
  assert.doesNotMatch(sealed, /secret/)
  assert.notEqual(sealer.seal('secret text ü', 'device:1'), sealed)
  assert.equal(sealer.open(sealed, 'device:1').toString('utf8'), 'secret text ü')
  const failed = { code: 'KEYS_UNSEAL_FAILED' }
  assert.throws(() => sealer.open(sealed, 'device:2'), failed)
  assert.throws(() => createSealer(Buffer.alloc(32, 2)).open(sealed, 'device:1'), failed)
  assert.throws(() => sealer.open('', 'device:1'), failed)
  assert.throws(() => sealer.open(`${sealed.slice(0, 12)}AAAA`, 'device:1'), failed)
  const body = Buffer.from(sealed.split('.')[2]!, 'base64url')
  for (let bit = 0; bit < body.length * 8; bit += 7) {
    const altered = Buffer.from(body)
    altered[bit >> 3]! ^= 1 << (bit & 7)
    const text = `${sealed.slice(0, 12)}${altered.toString('base64url')}`
    assert.throws(() => sealer.open(text, 'device:1'), failed)
  }
})

test('a retired key still opens, the current one seals', () => {
  const old = createSealer(Buffer.alloc(32, 1))
  const current = createSealer(Buffer.alloc(32, 2), [Buffer.alloc(32, 1)])
  assert.equal(current.open(old.seal('x', 'c'), 'c').toString(), 'x')
  assert.ok(current.seal('x', 'c').startsWith(`v1.${current.keyId}.`))
  assert.notEqual(old.keyId, current.keyId)
})

test('keys for different purposes have nothing in common', () => {
  const master = Buffer.alloc(32, 3)
  assert.notDeepEqual(derivePurposeKey(master, 'nonces'), derivePurposeKey(master, 'sealing'))
  assert.deepEqual(derivePurposeKey(master, 'nonces'), derivePurposeKey(master, 'nonces'))
})
