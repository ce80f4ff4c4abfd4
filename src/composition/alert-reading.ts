/** Alerts as the log knows them: what was told, who saw to it. For operations, and for what waits for an answer. */
import { type AlertRecord, alertRecords, MARKS } from '../alert/alert-records.ts'
import { TOLD_TYPES } from '../alert/notice.ts'
import type { Extension } from '../directory/types.ts'
import type { OrganisationId } from '../base/ids.ts'
import type { EventLog } from '../events/event-log.ts'

/** Of each reading. */
const MAXIMUM = 10_000

interface Names {
  extensions(organisationId: OrganisationId): readonly Extension[]
  readonly primary: { readonly id: OrganisationId }
}

/** The newest last. Rejects with the store's error. */
export async function readAlerts(
  log: Pick<EventLog, 'query'>,
  directory: Names,
  range: { readonly since?: number } = {},
): Promise<readonly AlertRecord[]> {
  const [told, marks] = await Promise.all([
    log.query({ ...range, types: TOLD_TYPES, limit: MAXIMUM }),
    log.query({ types: MARKS, limit: MAXIMUM }),
  ])
  return alertRecords(
    told.map(each => each.event),
    marks.map(each => each.event),
    event => {
      const payer = 'payer' in event.data ? event.data.payer : undefined
      const of = event.organisationId ?? directory.primary.id
      const extension = directory.extensions(of).find(each => each.number === payer)
      return extension === undefined ? (payer ?? 'the organisation') : `extension ${payer} (${extension.name})`
    },
  )
}
