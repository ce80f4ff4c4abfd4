import { isIP, normaliseAddress, parseNetwork } from '../../base/network.ts'
import { PASS } from '../types.ts'
import { drop, type MessageCheck, STRANGERS } from './types.ts'

/** Where no phone is. A private address is the rule behind NAT, and its flow is what leads there. */
const NOWHERE = ['0.0.0.0/8', '127.0.0.0/8', '169.254.169.254', '224.0.0.0/3', '::/128', '::1', 'ff00::/8'].map(
  text => parseNetwork(text)!,
)

export const dropForeignContact: MessageCheck = {
  id: 'dropForeignContact',
  description:
    'A registration of a stranger whose Contact leads to us, to everybody, or to nobody: loopback, multicast, broadcast, the unspecified address, the service address of a cloud. Calls to it would hit somebody else.',
  standings: STRANGERS,
  judge(message, { flow }) {
    if (message.kind === 'response' || message.method !== 'REGISTER' || message.contacts === '*') return PASS
    for (const { uri } of message.contacts) {
      if (uri.kind !== 'sip') return drop('dropForeignContact', `Contact is ${uri.scheme.slice(0, 16)} and no SIP URI`)
      const host = normaliseAddress(uri.host)
      if (isIP(host) === 0) continue
      // On one machine a phone may say loopback, and has the address that we have.
      if (isLoopback(flow.remoteAddress) || host === normaliseAddress(flow.remoteAddress)) continue
      if (host === normaliseAddress(flow.localAddress)) return drop('dropForeignContact', 'Contact is our own address')
      if (NOWHERE.some(network => network.includes(host))) return drop('dropForeignContact', `Contact is ${host}`)
    }
    return PASS
  },
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}
