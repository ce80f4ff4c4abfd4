/** The devices of an extension that can ring now: registered, and their flow alive. A dead flow is never replaced by a new connection. */
import type { DeviceId } from '../base/ids.ts'
import type { Extension } from '../directory/types.ts'
import type { CallContext } from './context.ts'
import { MAXIMUM_BRANCHES } from './options.ts'
import { partyOf } from './party.ts'
import type { Destination } from './ring.ts'

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
    const flow = context.transport.flow(binding.flowId)
    if (flow?.open !== true) continue
    found.push({ binding, flow, party: partyOf(extension, context.directory.device(binding.deviceId)) })
  }
  return found
}
