/** The calls that are up, as an operator sees them. */
import type { Call, Leg } from './call.ts'
import { eventLeg, legsOf, reportOf } from './record.ts'

export interface LiveLegView {
  readonly number: string
  readonly username: string | null
  /** `TLS`, `UDP` … */
  readonly signalling: string
  readonly media: string | null
  readonly codec: string | null
  readonly mos: number | null
  /** Name of the trunk, where the far end is outside. */
  readonly trunk?: string
  /** Of a caller from outside, as in its record. */
  readonly attestation?: string
}

export interface LiveCallView {
  readonly id: string
  readonly organisationId: string
  readonly from: string
  readonly to: string
  readonly state: 'ringing' | 'answered' | 'held' | 'ending'
  readonly startedAt: number
  readonly answeredAt: number | null
  readonly legs: readonly LiveLegView[]
}

export function liveView(call: Call): LiveCallView {
  const { id, from, to, startedAt, answeredAt } = call
  const legs = legsOf(call).filter(leg => leg.state !== 'gone')
  return {
    id,
    organisationId: call.organisation.id,
    from,
    to,
    state: stateOf(call),
    startedAt,
    answeredAt: answeredAt ?? null,
    legs: legs.map(leg => legView(call, leg)),
  }
}

function stateOf(call: Call): LiveCallView['state'] {
  if (call.state === 'ended') return 'ending'
  if (call.state !== 'up') return 'ringing'
  return call.caller.holds || call.callee?.holds === true ? 'held' : 'answered'
}

function legView(call: Call, leg: Leg): LiveLegView {
  const { number, username, signalling, media, codec } = eventLeg(call, leg)
  const mos = reportOf(call, leg)?.mos ?? null
  const { trunk, attestation } = leg.party
  return {
    number,
    username: username ?? null,
    signalling,
    media: media ?? null,
    codec: codec ?? null,
    mos,
    ...(trunk === undefined ? {} : { trunk: trunk.name }),
    ...(attestation === undefined ? {} : { attestation }),
  }
}
