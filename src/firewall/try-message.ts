/** What would happen to this message, without anything happening: for a person who looks for the reason. */
import { normaliseAddress } from '../base/network.ts'
import { parseMessage } from '../sip/message/parse.ts'
import type { SipRequest } from '../sip/message/types.ts'
import { validateRequest, validateResponse } from '../sip/message/validate.ts'
import type { Flow, TransportProtocol } from '../sip/transport/types.ts'
import type { MessageGate, Verdict } from './types.ts'

export interface TriedMessage {
  readonly verdict: Verdict['kind']
  /** `parser`: it is not a message that can be accepted; null: no rule says anything. */
  readonly rule: string | null
  readonly reason: string
  /** Of the answer that it would get from the firewall; null: none, or another room's. */
  readonly status: number | null
}

export interface TryFrom {
  readonly address: string
  readonly port: number
  readonly protocol: TransportProtocol
}

export function tryMessage(
  bytes: Buffer,
  from: TryFrom,
  gate: Pick<MessageGate, 'tryAdmit' | 'tryRefuse'>,
): TriedMessage {
  const flow = imaginedFlow(from)
  const parsed = parseMessage(bytes)
  if (!parsed.ok) return refusal(parsed.error.request, parsed.error.status, parsed.error.detail, flow, gate)
  const message = parsed.value
  if (message.kind === 'response') {
    const fault = validateResponse(message)
    if (fault !== undefined) return { verdict: 'drop', rule: 'parser', reason: fault, status: null }
  } else {
    const fault = validateRequest(message)
    if (fault !== undefined) return refusal(message, fault.status, fault.reason ?? fault.code, flow, gate)
  }
  const verdict = gate.tryAdmit(message, flow)
  if (verdict.kind === 'pass') {
    return { verdict: 'pass', rule: null, reason: 'no check has anything against it', status: null }
  }
  const { kind, rule, reason } = verdict
  return { verdict: kind, rule, reason, status: verdict.kind === 'reject' ? verdict.status : null }
}

/** What cannot be accepted is answered to those to whom we talk. */
function refusal(
  request: SipRequest | undefined,
  status: number,
  reason: string,
  flow: Flow,
  gate: Pick<MessageGate, 'tryRefuse'>,
): TriedMessage {
  const verdict = request === undefined ? undefined : gate.tryRefuse(request, flow)
  if (verdict?.kind === 'pass') return { verdict: 'reject', rule: 'parser', reason, status }
  return { verdict: 'drop', rule: 'parser', reason, status: null }
}

function imaginedFlow({ address, port, protocol }: TryFrom): Flow {
  const secure = protocol === 'TLS' || protocol === 'WSS'
  return {
    id: 'tried',
    protocol,
    localAddress: '0.0.0.0',
    localPort: secure ? 5061 : 5060,
    remoteAddress: normaliseAddress(address),
    remotePort: port,
    secure,
    reliable: protocol !== 'UDP',
    tls: undefined,
    listener: { protocol, address: '0.0.0.0', port: secure ? 5061 : 5060, insecure: !secure },
    open: true,
  }
}
