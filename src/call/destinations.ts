/** The devices of an extension that can ring now: registered, and their flow alive. A dead flow is never replaced by a new connection. */
import type { DeviceId } from '../base/ids.ts'
import type { Extension } from '../directory/types.ts'
import type { Binding } from '../registrar/types.ts'
import { parseUri } from '../sip/message/uri.ts'
import type { Flow } from '../sip/transport/types.ts'
import type { CallContext } from './context.ts'
import { MAXIMUM_BRANCHES } from './options.ts'
import { partyOf } from './party.ts'
import type { Destination } from './ring.ts'

const DEFAULT_SIP_PORT = 5060

/** At most `MAXIMUM_BRANCHES`, best first. The device `except` does not ring: it is the one that calls. */
export function destinationsOf(
  context: CallContext,
  extension: Extension,
  except: DeviceId | undefined,
): readonly Destination[] {
  const found: Destination[] = []
  for (const binding of context.bindings.bindingsOf(extension.id)) {
    if (found.length === MAXIMUM_BRANCHES) break
    if (binding.deviceId === except) continue
    const registered = context.transport.flow(binding.flowId)
    if (registered?.open !== true) continue
    found.push({
      uri: binding.contact,
      routes: binding.path,
      userAgent: binding.userAgent,
      flow: contactFlow(context, binding, registered),
      party: partyOf(extension, context.directory.device(binding.deviceId)),
    })
  }
  return found
}

/**
 * Over UDP a phone may register from another port than it listens on (RFC 3261 §10.3, §18.1.2). Where its Contact names the very
 * address that it registered from, there is no NAT between us, and the Contact's port is meant; otherwise only the
 * flow leads to it.
 */
function contactFlow(context: CallContext, binding: Binding, registered: Flow): Flow {
  if (registered.reliable || binding.regId !== undefined || binding.path.length > 0) return registered
  const contact = parseUri(binding.contact)
  if (contact?.kind !== 'sip' || contact.host !== registered.remoteAddress) return registered
  return context.transport.flowToPort(registered, contact.port ?? DEFAULT_SIP_PORT)
}
