/** A phone that is registered and calls for help needs to prove nothing more: its connection has done so. */
import type { SipRequest } from '../sip/message/types.ts'
import type { Flow } from '../sip/transport/types.ts'
import type { CallContext } from './context.ts'
import { routeOf } from './dialled.ts'
import type { Caller } from './identify-caller.ts'

/** Undefined: no call for help, or nobody's phone that we know. Credentials that it sends all the same are not looked at. */
export function callerForHelp(context: CallContext, request: SipRequest, flow: Flow): Caller | undefined {
  if (request.header('Replaces') !== undefined) return undefined
  const deviceId = context.bindings.deviceOfFlow(flow.id)
  const device = deviceId === undefined ? undefined : context.directory.device(deviceId)
  const extension = device === undefined ? undefined : context.directory.extension(device.extensionId)
  if (device === undefined || extension === undefined) return undefined
  const organisation = context.directory.organisations().find(each => each.id === device.organisationId)
  if (organisation === undefined) return undefined
  if (routeOf(context, request, organisation).route.kind !== 'emergency') return undefined
  return { device, extension, organisation, authentication: 'registration' }
}
