/** Notes in the topmost Via where a request really came from (RFC 3261 §18.2.1, RFC 3581 §4). Pure. */
import { withTopmostVia } from '../message/change.ts'
import type { SipRequest, Via } from '../message/types.ts'
import { formatVia } from '../message/via.ts'

/** The request with `received` and `rport` filled in; the same object when its Via already tells the truth. */
export function withReceived(request: SipRequest, remoteAddress: string, remotePort: number): SipRequest {
  const via = request.topmostVia
  const asked = via.rport !== undefined
  const claimed = via.received !== undefined || (asked && via.rport !== null)
  const differs = via.host !== remoteAddress
  if (!asked && !differs && !claimed) return request
  const parameters = new Map(via.parameters)
  // What the sender itself wrote there is not believed.
  parameters.delete('received')
  if (asked) parameters.set('rport', String(remotePort))
  const received = differs || asked ? remoteAddress : undefined
  if (received !== undefined) parameters.set('received', received)
  const stamped: Via = { ...via, received, rport: asked ? remotePort : undefined, parameters }
  return withTopmostVia(request, formatVia(stamped))
}
