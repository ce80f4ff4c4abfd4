import { isIP, parseNetwork } from '../../base/network.ts'
import { PASS } from '../types.ts'
import { plainAddress } from './plain-address.ts'
import { drop, type MessageCheck, STRANGERS } from './types.ts'

/** Where no phone is. A private address is the rule behind NAT, and its flow is what leads there. */
const NOWHERE_SIX = ['::/128', '::1', 'ff00::/8'].map(text => parseNetwork(text)!)

export const dropForeignContact: MessageCheck = {
  id: 'dropForeignContact',
  description:
    'A registration of a stranger whose Contact leads to us, to everybody, or to nobody: loopback, multicast, broadcast, the unspecified address, the service address of a cloud. Calls to it would hit somebody else.',
  standings: STRANGERS,
  judge(message, { flow }) {
    if (message.kind === 'response' || message.method !== 'REGISTER' || message.contacts === '*') return PASS
    for (const { uri } of message.contacts) {
      if (uri.kind !== 'sip') return drop('dropForeignContact', `Contact is ${uri.scheme.slice(0, 16)} and no SIP URI`)
      const host = plainAddress(uri.host)
      if (isIP(host) === 0) continue
      // On one machine a phone may say loopback, and has the address that we have.
      if (isLoopback(flow.remoteAddress) || host === plainAddress(flow.remoteAddress)) continue
      if (host === plainAddress(flow.localAddress)) return drop('dropForeignContact', 'Contact is our own address')
      if (isNowhere(host)) return drop('dropForeignContact', `Contact is ${host}`)
    }
    return PASS
  },
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}

/** 0/8, 127/8, multicast, what is reserved, broadcast, and the service address of clouds. */
function isNowhere(host: string): boolean {
  if (host.includes(':')) return NOWHERE_SIX.some(network => network.includes(host))
  const first = Number(host.slice(0, host.indexOf('.')))
  return first === 0 || first === 127 || first >= 224 || host === '169.254.169.254'
}
