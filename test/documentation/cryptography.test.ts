/** docs/cryptography.md names each file that uses cryptography, and the algorithms that stand in it. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { repositoryRoot } from '../support/places.ts'

const document = readFileSync(join(repositoryRoot, 'docs/cryptography.md'), 'utf8')
const rows = new Map(
  document.split('\n').flatMap(line => {
    const [, file = '', algorithms = ''] = line.split('|').map(cell => cell.trim())
    return file.startsWith('`src/') ? [[file.replaceAll('`', ''), algorithms] as const] : []
  }),
)

const MODULES =
  /^import (?!type)[^;]*?from '(?:node:crypto|jose|otpauth|openid-client|acme-client|@peculiar\/x509|@simplewebauthn\/server)'/m
/** Those that are said in words, beside the name that OpenSSL has for them. */
const NAMES: Readonly<Record<string, RegExp>> = {
  sha1: /SHA-1/,
  sha256: /SHA-256|Ed25519|ES256/,
  'sha512-256': /SHA-512-256/,
  md5: /MD5/,
  'aes-128-gcm': /AES-128-GCM/,
  'aes-256-gcm': /AES-256-GCM/,
  'aes-128-ecb': /`aes-128-ecb`/,
  'aes-256-ecb': /`aes-256-ecb`/,
  ed25519: /Ed25519|Protocols/,
  ES256: /ES256/,
  'P-256': /P-256/,
  argon2id: /argon2id/,
}
const LITERAL =
  /'(sha\d[\w-]*|md\d|aes-[\w-]+|des[\w-]*|rc4|ed25519|x25519|[ERP]S(?:256|384|512)|P-(?:256|384|521)|argon2\w*|scrypt|pbkdf2)'/gi

const sources = globSync('src/**/*.ts', { cwd: repositoryRoot })
  .filter(file => !/\.test\.ts$|test-support|\/test-[^/]*\.ts$|^src\/test-phone|^src\/demo/.test(file))
  .map(file => ({ file, text: readFileSync(join(repositoryRoot, file), 'utf8') }))
  .filter(({ text }) => MODULES.test(text) || /Cipheriv|createHash|createHmac|EVP_/.test(text))

test('each file that uses cryptography has a row, and no other one', () => {
  assert.ok(sources.length > 40)
  assert.deepEqual([...rows.keys()].toSorted(), sources.map(({ file }) => file).toSorted())
})

test('a row names the algorithms of its file', () => {
  for (const { file, text } of sources) {
    for (const [, literal = ''] of text.matchAll(LITERAL)) {
      const name = NAMES[literal] ?? NAMES[literal.toLowerCase()]
      assert.ok(name !== undefined, `${file} uses ${literal}, which no document names`)
      assert.match(rows.get(file) ?? '', name, `${file} uses ${literal}`)
    }
  }
})
