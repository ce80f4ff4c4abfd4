import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseNetwork } from '../../base/network.ts'
import { Admission, createConnectionCounts } from './connection-counts.ts'
import { DEFAULT_TRANSPORT_LIMITS } from './limits.ts'

const counts = (limits: Partial<typeof DEFAULT_TRANSPORT_LIMITS>, exempt: string[] = []) =>
  createConnectionCounts(
    { ...DEFAULT_TRANSPORT_LIMITS, ...limits },
    exempt.map(text => parseNetwork(text)!),
  )

function admit(from: ReturnType<typeof counts>, address: string): Admission {
  const admission = from.admit(address)
  assert.ok(admission instanceof Admission, String(admission))
  return admission
}

test('a source has its bound; IPv6 is counted by /64; others are not concerned', () => {
  const limited = counts({ maximumConnectionsPerSource: 2 })
  for (const address of ['192.0.2.1', '2001:db8:0:1::1']) {
    admit(limited, address).established()
    admit(limited, address).established()
    assert.equal(limited.admit(address), 'too many connections of this source')
  }
  assert.equal(limited.admit('2001:db8:0:1:ffff::2'), 'too many connections of this source')
  assert.equal(limited.admit('::ffff:192.0.2.1'), 'too many connections of this source')
  admit(limited, '2001:db8:0:2::1')
  admit(limited, '192.0.2.2')
})

test('half-open handshakes have a bound of their own, in all and for a source', () => {
  const limited = counts({ maximumHandshakesPerSource: 1, maximumHandshakes: 2 })
  const first = admit(limited, '192.0.2.1')
  assert.equal(limited.admit('192.0.2.1'), 'too many connections of this source')
  first.established()
  admit(limited, '192.0.2.1')
  admit(limited, '192.0.2.2')
  assert.equal(limited.admit('192.0.2.3'), 'too many handshakes')
})

test('who is known no longer counts; release is idempotent and leaves nothing behind', () => {
  const limited = counts({ maximumConnectionsPerSource: 1 })
  const phone = admit(limited, '192.0.2.1')
  phone.known()
  const other = admit(limited, '192.0.2.1')
  assert.equal(limited.total, 2)
  for (const admission of [phone, phone, other]) admission.release()
  other.established()
  assert.equal(limited.total, 0)
  assert.equal(limited.handshakes, 0)
  admit(limited, '192.0.2.1')
})

test('loopback and exempt networks are not counted by source, only in all', () => {
  const limited = counts({ maximumConnectionsPerSource: 1, maximumConnections: 7 }, ['198.51.100.0/24'])
  for (const address of ['127.0.0.1', '127.0.0.2', '127.0.0.1', '::1', '::1', '198.51.100.7', '198.51.100.7']) {
    admit(limited, address).established()
  }
  assert.equal(limited.admit('127.0.0.1'), 'too many connections')
})

test('a trusted source has ten times as much, and not more', () => {
  const limits = { ...DEFAULT_TRANSPORT_LIMITS, maximumConnectionsPerSource: 2 }
  const limited = createConnectionCounts(limits, [], address => address === '192.0.2.1')
  for (let i = 0; i < 20; i++) admit(limited, '192.0.2.1').established()
  assert.equal(limited.admit('192.0.2.1'), 'too many connections of this source')
  admit(limited, '192.0.2.2').established()
  admit(limited, '192.0.2.2').established()
  assert.equal(limited.admit('192.0.2.2'), 'too many connections of this source')
})
