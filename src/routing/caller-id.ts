/** Which number a caller shows outside: only ones that the organisation owns. */
import type { OutsideReader } from '../directory/outside-reader.ts'
import type { Extension } from '../directory/types.ts'
import type { CallerIdChoice } from './types.ts'

export type CallerIdReader = Pick<OutsideReader, 'callingOf' | 'extensionCalling' | 'ownedNumber' | 'ownedNumbers'>

/** What was removed from the organisation's numbers since it was set is passed over. */
export function callerIdFor(
  reader: CallerIdReader,
  extension: Pick<Extension, 'id' | 'organisationId'>,
): CallerIdChoice {
  const { callerId, privacy: withheld } = reader.extensionCalling(extension.id)
  const owns = (e164: string | undefined): e164 is string =>
    e164 !== undefined && reader.ownedNumber(e164)?.organisationId === extension.organisationId
  if (owns(callerId)) return { e164: callerId, withheld, reason: 'own' }
  const { defaultCallerId } = reader.callingOf(extension.organisationId)
  if (owns(defaultCallerId)) return { e164: defaultCallerId, withheld, reason: 'default' }
  const first = reader.ownedNumbers(extension.organisationId)[0]?.e164
  return first === undefined
    ? { e164: undefined, withheld, reason: 'none' }
    : { e164: first, withheld, reason: 'first-owned' }
}
