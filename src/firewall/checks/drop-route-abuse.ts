import type { SipRequest } from '../../sip/message/types.ts'
import type { Flow } from '../../sip/transport/types.ts'
import { PASS } from '../types.ts'
import { plainAddress } from './plain-address.ts'
import { type CheckState, drop, type MessageCheck, STRANGERS } from './types.ts'

export const dropRouteAbuse: MessageCheck = {
  id: 'dropRouteAbuse',
  description:
    'A request of a stranger that wants to be sent on to somebody else, or that claims to have come by us: a Route that is not ours, a Record-Route, or our own address in Via.',
  standings: STRANGERS,
  judge(message, { flow }, state) {
    if (message.kind === 'response') return PASS
    if (message.recordRoutes.length > 0) return drop('dropRouteAbuse', 'Record-Route of a stranger')
    if (message.routes.length > 1) return drop('dropRouteAbuse', 'more than one Route')
    const route = message.routes[0]?.uri
    if (route !== undefined && !isOurs(route.kind === 'sip' ? route.host : '', flow, state)) {
      return drop('dropRouteAbuse', 'Route leads to somebody else')
    }
    if (claimsUs(message, flow)) return drop('dropRouteAbuse', 'Via has our own address')
    return PASS
  },
}

function isOurs(host: string, flow: Flow, { isOurDomain }: CheckState): boolean {
  return isOurDomain(host) || plainAddress(host) === plainAddress(flow.localAddress)
}

/** Where both ends are one machine, an address says nothing. */
function claimsUs({ vias }: SipRequest, { localAddress, localPort, remoteAddress }: Flow): boolean {
  const ours = plainAddress(localAddress)
  if (ours === plainAddress(remoteAddress)) return false
  return vias.some(({ host, port }) => plainAddress(host) === ours && (port ?? localPort) === localPort)
}
