/** The calls of an extension as busy lamps show them (RFC 4235). */
import type { ExtensionId } from '../base/ids.ts'
import type { DialogSource, WatchedDialog } from '../subscription/types.ts'
import { type Leg, otherLeg } from './call.ts'
import type { CallTable } from './call-table.ts'

export function createDialogSource(table: CallTable): DialogSource {
  return {
    dialogsOf: (extensionId: ExtensionId) => table.legsOfExtension(extensionId).map(dialogOf),
    onDialogsChanged: callback => table.onDialogsChanged(callback),
  }
}

function dialogOf(leg: Leg): WatchedDialog {
  const { call } = leg
  const connected = leg.state === 'up' && call.state === 'up'
  const other = otherLeg(leg) ?? (leg === call.caller ? undefined : call.caller)
  return {
    id: leg.id,
    direction: leg.direction === 'in' ? 'initiator' : 'recipient',
    state: connected ? 'confirmed' : 'early',
    remote: other?.party.anonymous === true ? undefined : (other?.party.number ?? call.to),
    pickUp: undefined,
  }
}
