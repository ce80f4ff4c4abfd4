/** The record of a call as it stands, and its legs as events name them. */
import type { Clock } from '../base/clock.ts'
import type { EventLeg, EventQuality } from '../events/call-events.ts'
import type { SideReport } from '../media/media-engine.ts'
import type { Call, Leg } from './call.ts'
import type { CallRecord, LegRecord } from './call-record.ts'
import { mediaFacts } from './description.ts'

export interface RecordMoment {
  readonly answeredAt: number | undefined
  readonly endedAt: number | undefined
}

/** Now, counted from the start of the call: a wall clock that is set while it is up makes no record end before it began. */
export function momentOf(call: Call, clock: Pick<Clock, 'monotonic'>): number {
  return call.startedAt + Math.round(clock.monotonic() - call.startedMonotonic)
}

export function recordOf(call: Call, moment: RecordMoment): CallRecord {
  const { id, organisation, from, to, startedAt, end, transferredFrom } = call
  return {
    id,
    organisationId: organisation.id,
    from,
    to,
    startedAt,
    answeredAt: moment.answeredAt,
    endedAt: moment.endedAt,
    end: moment.endedAt === undefined ? undefined : end,
    legs: legsOf(call).map(leg => legRecord(call, leg)),
    transferredFrom,
  }
}

/** Both parties; of a call that nobody answered, the caller and what rang. */
export function legsOf(call: Call): readonly Leg[] {
  return call.callee === undefined ? [call.caller, ...call.rung] : [call.caller, call.callee]
}

function legRecord(call: Call, leg: Leg): LegRecord {
  const { flow, party } = leg
  return {
    id: leg.id,
    direction: leg.direction,
    extensionId: party.extensionId,
    deviceId: party.deviceId,
    number: party.number,
    ...(party.trunk === undefined ? {} : { trunk: party.trunk.name }),
    ...(party.attestation === undefined ? {} : { attestation: party.attestation }),
    userAgent: leg.userAgent,
    signalling: { protocol: flow.protocol, tls: flow.tls?.protocol, cipher: flow.tls?.cipher },
    sourceAddress: flow.remoteAddress,
    authentication: leg.authentication,
    media: reportOf(call, leg),
  }
}

/** The last report of this leg's side of the bridge. */
export function reportOf(call: Call, leg: Leg): SideReport | undefined {
  if (leg !== call.caller && leg !== call.callee) return undefined
  return leg === call.caller ? call.lastReport?.a : call.lastReport?.b
}

export function eventLeg(call: Call, leg: Leg): EventLeg {
  const report = reportOf(call, leg)
  // Our answer and the phone's answer name the same suite; what was agreed is in the shorter of the two descriptions.
  const facts = leg === call.caller ? mediaFacts(leg.said) : mediaFacts(leg.heard)
  const up = call.answeredAt !== undefined || report !== undefined
  return {
    number: leg.party.number,
    username: leg.party.username,
    signalling: leg.flow.protocol,
    tls: leg.flow.tls?.protocol,
    media: report?.suite ?? (up ? facts.suite : undefined),
    codec: report?.codec ?? (up ? facts.codec : undefined),
  }
}

export function eventQuality(report: SideReport): EventQuality {
  return {
    packets: report.packetsReceived,
    lost: report.packetsLost,
    jitterMs: report.jitter,
    roundTripMs: report.roundTrip,
    mos: report.mos,
  }
}
