/** Messages of strangers for the checks of the firewall, and a gate that they are tried at. */
import { ManualClock } from '../../src/base/clock.ts'
import { createMessageGate } from '../../src/firewall/message-gate.ts'
import { type TriedMessage, tryMessage } from '../../src/firewall/try-message.ts'
import type { MessageGate, RegistrationKnowledge } from '../../src/firewall/types.ts'
import { createSourceGuard } from '../../src/guard/source-guard.ts'
import type { Flow } from '../../src/sip/transport/types.ts'

export const STRANGER = '198.51.100.7'
export const REMEMBERED = '203.0.113.5'
export const TRUNK = '192.0.2.9'
/** One address was registered from lately. */
export const NOBODY: RegistrationKnowledge = {
  isRegisteredFlow: () => false,
  isRegisteredSource: () => false,
  wasRegisteredSource: address => address === REMEMBERED,
  isRegisteredSourceOf: () => false,
}

export function gateOf(knowledge: RegistrationKnowledge = NOBODY, clock = new ManualClock()): MessageGate {
  const spared = { ...knowledge, isTrunkAddress: (address: string) => address === TRUNK }
  const guard = createSourceGuard({ clock, spared, isRegisteredFlow: knowledge.isRegisteredFlow })
  return createMessageGate({
    clock,
    registrations: knowledge,
    events: { publish: () => undefined as never },
    guard,
    isTrunkAddress: spared.isTrunkAddress,
    isOurDomain: host => host === 'pbx.example.com',
  })
}

type Change = Readonly<Record<string, string | null>>

/** A REGISTER as desk phones send it; `null` leaves a header out. */
export function register(change: Change = {}, extra: readonly string[] = []): Buffer {
  const headers: Record<string, string | null> = {
    Via: 'SIP/2.0/TLS 10.1.2.3:40123;branch=z9hG4bK1870346214;rport',
    From: '"Front desk" <sip:k7f3q9x2m1@pbx.example.com>;tag=2091532331',
    To: '"Front desk" <sip:k7f3q9x2m1@pbx.example.com>',
    'Call-ID': '0_1870338712@10.1.2.3',
    CSeq: '1 REGISTER',
    Contact: '<sip:k7f3q9x2m1@10.1.2.3:40123;transport=TLS>;reg-id=1',
    'Max-Forwards': '70',
    'User-Agent': 'Yealink SIP-T54W 96.86.0.70',
    Expires: '3600',
    'Content-Length': '0',
    ...change,
  }
  const [line = 'REGISTER sip:pbx.example.com SIP/2.0'] = [change['line'] ?? undefined].filter(
    each => each !== undefined,
  )
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === null || name === 'line' ? [] : [`${name}: ${value}`],
  )
  return Buffer.from([line, ...lines, ...extra, '', ''].join('\r\n'), 'latin1')
}

export function tried(message: Buffer, address = STRANGER, protocol: Flow['protocol'] = 'TLS'): TriedMessage {
  return tryMessage(message, { address, port: 40_123, protocol }, gateOf())
}

export const NAME = (user: string, host = 'pbx.example.com'): string => `<sip:${user}@${host}>`
