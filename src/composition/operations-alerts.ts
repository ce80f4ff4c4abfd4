/** The operations on alerts. They are read from the log: what people were told of, and who saw to it. */
import type { AlertRecord } from '../alert/alert-records.ts'
import type { AlertOperations, AlertView } from '../api/alert-operations.ts'
import type { OperationResult } from '../api/operations.ts'
import { newId } from '../base/ids.ts'
import { readAlerts } from './alert-reading.ts'
import type { OperationsOptions } from './operations.ts'
import { attempt, done, needsServer, refused } from './operations-result.ts'

/** The end of an id is enough where it says which. */
const SHORTEST_ENDING = 6

export function alertOperations(options: OperationsOptions): AlertOperations {
  const { alerts, clock, log, directory, bus, actor } = options
  const read = (): Promise<readonly AlertRecord[]> => readAlerts(log, directory)
  return {
    alertList: ({ all, limit }) =>
      attempt(async () => {
        const records = (await read()).filter(each => all || each.state === 'open')
        return records.slice(-limit).toReversed().map(viewOf)
      }),
    async alertShow({ id }) {
      const found = await find(read, id)
      return found.ok ? done(viewOf(found.value)) : found
    },
    async alertAcknowledge({ id, comment = '' }) {
      const found = await find(read, id)
      if (!found.ok) return found
      const { notice, organisationId, answer } = found.value
      if (answer !== undefined) return done(viewOf(found.value))
      bus.publish('alert.acknowledged', { actor, about: notice.id, title: notice.title, comment }, organisationId)
      const own = { at: clock.now(), by: actor.name, comment }
      return done(viewOf({ ...found.value, state: 'acknowledged', answer: own }))
    },
    async callReport({ id, extension, reason }) {
      const found = await attempt(() => options.calls.find(id))
      if (!found.ok) return found
      const call = found.value
      // One that somebody else had is answered like one that does not exist.
      if (call?.legs.some(leg => leg.number === extension) !== true)
        return refused({ code: 'CALL_UNKNOWN', message: 'there is no such call of yours' })
      const { from, to, organisationId } = call
      bus.publish('call.reported', { actor, callId: id, extension, from, to, reason }, organisationId)
      return done({ id })
    },
    async alertTest() {
      return alerts === undefined ? needsServer('a test of alerts') : attempt(() => alerts.test(newId(clock.now())))
    },
  }
}

async function find(read: () => Promise<readonly AlertRecord[]>, id: string): Promise<OperationResult<AlertRecord>> {
  const records = await attempt(read)
  if (!records.ok) return records
  const ending = id.length >= SHORTEST_ENDING ? records.value.filter(each => each.notice.id.endsWith(id)) : []
  const [only, another] = ending
  const found = records.value.find(each => each.notice.id === id) ?? (another === undefined ? only : undefined)
  if (found !== undefined) return done(found)
  return refused({
    code: 'ALERT_UNKNOWN',
    message: `there is no alert ${id}; ringfence alert list --all shows those that exist`,
  })
}

function viewOf({ notice, state, answer, escalatedAt, sent }: AlertRecord): AlertView {
  const { id, type, at, urgency, title, happened, who, done: doing, advice, details } = notice
  return {
    id,
    type,
    at,
    urgency,
    title,
    happened,
    who,
    done: doing,
    advice: advice ?? null,
    details,
    state,
    answeredAt: answer?.at ?? null,
    answeredBy: answer?.by ?? null,
    comment: answer === undefined || answer.comment === '' ? null : answer.comment,
    escalatedAt: escalatedAt ?? null,
    sent,
  }
}
