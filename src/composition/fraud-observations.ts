/** What toll-fraud control hears of the rest of the system: registrations, refusals, calls that come in, forwards. */
import { BoundedMap } from '../base/bounded.ts'
import type { CallId, OrganisationId } from '../base/ids.ts'
import type { CallTarget } from '../directory/number.ts'
import type { DirectoryService } from '../directory/directory-service.ts'
import type { EventBus } from '../events/bus.ts'
import type { EventOf, RingfenceEvent } from '../events/catalogue.ts'
import type { FraudControl } from '../fraud/control/types.ts'

/** Calls whose beginning is remembered. */
const MAXIMUM_CALLS = 20_000

const FORWARDS = ['forwardAlways', 'forwardBusy', 'forwardNoAnswer', 'forwardUnreachable'] as const

export interface ObserverOptions {
  readonly bus: EventBus
  readonly directory: DirectoryService
  readonly control: FraudControl
}

/** Returns the function that ends it. */
export function observeForFraud({ bus, directory, control }: ObserverOptions): () => void {
  const started = new BoundedMap<string, number>(MAXIMUM_CALLS)
  const payerOf = (organisationId: OrganisationId, number: string): string | undefined =>
    directory.extensionByNumber(organisationId, number)?.id

  function registered(event: EventOf<'registration.accepted'>, organisationId: OrganisationId): void {
    const { extension, username, source, userAgent } = event.data
    const payer = payerOf(organisationId, extension)
    if (payer === undefined) return
    const from = control.sourceOf({ address: source.address, userAgent, device: username })
    control.observe({ kind: 'registered', at: event.at, organisationId, payer, source: from })
  }

  /** What toll-fraud control itself refuses, it knows. */
  function refused(event: EventOf<'call.refused'>, organisationId: OrganisationId): void {
    const { callId, from, to: dialled, rule } = event.data
    const payer = payerOf(organisationId, from)
    if (payer === undefined || !rule.startsWith('ROUTE_')) return
    control.observe({ kind: 'refused', at: event.at, organisationId, callId: callId as CallId, payer, rule, dialled })
  }

  /** The caller is outside: no phone of ours has proved itself. */
  function cameIn(event: EventOf<'call.ended'>, organisationId: OrganisationId): void {
    const { callId, from, caller, callee, durationMs } = event.data
    const began = started.get(callId)
    started.delete(callId)
    if (caller.username !== undefined || payerOf(organisationId, from) !== undefined) return
    control.observe({
      kind: 'incoming',
      at: event.at,
      organisationId,
      callId: callId as CallId,
      from: from.startsWith('+') ? from : undefined,
      payer: callee === undefined ? undefined : payerOf(organisationId, callee.number),
      answered: durationMs > 0,
      ringMs: Math.max(0, event.at - (began ?? event.at) - durationMs),
    })
  }

  function forwarded(event: EventOf<'directory.extension-calling-changed'>, organisationId: OrganisationId): void {
    const extension = directory.extensionByNumber(organisationId, event.data.extension)
    if (extension === undefined) return
    const calling = directory.extensionCalling(extension.id)
    for (const field of FORWARDS) {
      const target: CallTarget | undefined = calling[field]
      const changed = event.data.changed.some(each => each.field === field)
      if (!changed || target?.kind !== 'external') continue
      control.observe({ kind: 'forward-set', at: event.at, organisationId, payer: extension.id, e164: target.e164 })
    }
  }

  function restored(event: EventOf<'directory.extension-restored'>, organisationId: OrganisationId): void {
    const payer = payerOf(organisationId, event.data.extension)
    if (payer !== undefined) control.observe({ kind: 'restored', at: event.at, organisationId, payer })
  }

  return bus.subscribe((event: RingfenceEvent) => {
    const { organisationId } = event
    if (organisationId === undefined) return
    if (event.type === 'call.started') started.set(event.data.callId, event.at)
    else if (event.type === 'call.ended') cameIn(event, organisationId)
    else if (event.type === 'call.refused') refused(event, organisationId)
    else if (event.type === 'registration.accepted') registered(event, organisationId)
    else if (event.type === 'directory.extension-calling-changed') forwarded(event, organisationId)
    else if (event.type === 'directory.extension-restored') restored(event, organisationId)
  })
}
