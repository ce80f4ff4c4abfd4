/**
 * Golden pairs of the message layer: `message/*.txt`, octets in, and what comes of them: the message as it is written again, or
 * the answer that it gets, or `discarded` and why. Lines end with CRLF; `\xNN` is an octet, `\\` a backslash.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { buildResponse } from '../../src/sip/message/build.ts'
import { parseMessage } from '../../src/sip/message/parse.ts'
import { serialise } from '../../src/sip/message/serialise.ts'
import type { SipRequest } from '../../src/sip/message/types.ts'
import { validateRequest, validateResponse } from '../../src/sip/message/validate.ts'

const FOLDER = new URL('./message/', import.meta.url)
const RULE = '----------\n'

function readOctets(text: string): Buffer {
  const wire = text.replace(/\n/g, '\r\n')
  const octets = wire.replace(/\\(\\|x([0-9A-F]{2}))/g, (_, escaped: string, hex: string | undefined) =>
    hex === undefined ? escaped : String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(octets, 'latin1')
}

function show(octets: Buffer): string {
  return octets
    .toString('latin1')
    .replace(/\\/g, '\\\\')
    .replace(/\r\n/g, '\n')
    .replace(/[^\n\x20-\x7e]/g, octet => `\\x${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}

function answer(request: SipRequest, status: number, code: string): string {
  return `${code}\n${show(serialise(buildResponse(request, status, undefined, { toTag: 'ours' })))}`
}

function outcome(octets: Buffer): string {
  const parsed = parseMessage(octets)
  if (!parsed.ok) {
    const { code, status, request } = parsed.error
    return request === undefined ? `discarded: ${code}\n` : answer(request, status, code)
  }
  const message = parsed.value
  if (message.kind === 'response') {
    const code = validateResponse(message)
    return code === undefined ? show(serialise(message)) : `discarded: ${code}\n`
  }
  const refusal = validateRequest(message)
  return refusal === undefined ? show(serialise(message)) : answer(message, refusal.status, refusal.code)
}

const files = readdirSync(FOLDER).filter(name => name.endsWith('.txt'))

test('there are pairs', () => assert.ok(files.length >= 20))

for (const file of files) {
  test(file, () => {
    const [input = '', expected] = readFileSync(new URL(file, FOLDER), 'latin1').split(RULE)
    assert.ok(expected !== undefined, `no line of dashes in ${file}`)
    assert.equal(outcome(readOctets(input)), expected)
  })
}
