/** What a call said and how it sounded, on a terminal. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeTerminal } from '../fake-ports.ts'

const ID = '01998f2a-1c55-7b1e-9d0e-3f6f5a1b2c3d'
const end = { address: '192.0.2.1', port: 5061 }

function terminal() {
  const fake = createFakeTerminal()
  fake.state.past = [{ id: ID } as never]
  return fake
}

test('messages stand in the lane of their leg, with arrows to where they went; --full shows them without what moves a terminal', async () => {
  const { run, state } = terminal()
  const message = (leg: string, direction: 'in' | 'out', at: number, text: string) => {
    const line = text.split('\r\n')[0]!
    return { at, leg, direction, protocol: 'TLS', local: end, remote: end, line, text }
  }
  state.messages = {
    legs: [
      { id: 'a', direction: 'in', number: '101' },
      { id: 'b', direction: 'out', number: '102' },
    ],
    messages: [
      message('a', 'in', 1_000, 'INVITE sip:102@x SIP/2.0\r\nSubject: \u001b[31mred\r\n'),
      message('b', 'out', 1_250, 'INVITE sip:102@y SIP/2.0\r\n'),
      message('b', 'in', 1_500, 'SIP/2.0 200 OK\r\n'),
      message('a', 'out', 1_750, 'SIP/2.0 200 OK\r\n'),
    ],
  }
  const lines = (await run('calls', 'trace', ID)).out.split('\n')
  assert.match(lines[0]!, /^TIME +101 - us +us - 102 *$/)
  assert.match(lines[1]!, /^\+0\.000 +--- INVITE sip:102@x -->$/)
  assert.match(lines[2]!, /^\+0\.250 {40,}.*--- INVITE sip:102@y -->$/)
  assert.match(lines[3]!, /^\+0\.500 .*<-- 200 OK ---$/)
  assert.match(lines[4]!, /^\+0\.750 +<-- 200 OK ---$/)
  const full = (await run('calls', 'trace', ID, '--full')).out
  assert.match(full, /^ {4}Subject: .*red$/m)
  assert.doesNotMatch(full, /\u001b\[31m/)
  state.messages = { legs: [], messages: [] }
  assert.match((await run('calls', 'trace', ID)).out, /No message of this call is kept/)
  assert.equal((await run('calls', 'trace', 'nothere')).exit, 1)
})

test('quality is a line for each measuring', async () => {
  const { run, state } = terminal()
  assert.match((await run('calls', 'quality', ID)).out, /Nothing was measured/)
  const side = { packets: 90, lost: 10, jitterMs: 2.26, roundTripMs: 40.4, mos: 3.9 }
  state.points = [
    { at: 1_000, caller: side, callee: { ...side, roundTripMs: null, mos: null } },
    { at: 11_000, caller: side, callee: side },
  ]
  const { out } = await run('calls', 'quality', ID)
  assert.match(out, /^\+0 s +3\.90 +10\.0 % +2\.3 ms +40 ms +- +10\.0 % +2\.3 ms +-$/m)
  assert.match(out, /^\+10 s /m)
  assert.equal((await run('calls', 'quality', 'nothere')).exit, 1)
})
