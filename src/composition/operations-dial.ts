/** What would happen if an extension dialled a number: the questions that a call asks, without the call. */
import type { Operations } from '../api/operations.ts'
import type { DialView } from '../api/outside-operations.ts'
import { formatTarget } from '../api/target-text.ts'
import type { CallTarget } from '../directory/number.ts'
import type { Trunk } from '../directory/trunk.ts'
import type { Extension } from '../directory/types.ts'
import { callerIdFor } from '../routing/caller-id.ts'
import { routeDialled } from '../routing/route-dialled.ts'
import { routeOwned } from '../routing/route-inbound.ts'
import type { Route } from '../routing/types.ts'
import type { OperationsOptions } from './operations.ts'
import { done, unknownExtension } from './operations-result.ts'

export function dialOperations(options: OperationsOptions): Pick<Operations, 'dialDryRun'> {
  const { directory } = options
  return {
    async dialDryRun({ number, from }) {
      const extension = directory.extensionByNumber(directory.primary.id, from)
      if (extension === undefined) return unknownExtension(from)
      const dialled = number.trim()
      return done(describe(options, extension, routeDialled(directory, directory.primary.id, dialled)))
    },
  }
}

function describe(options: OperationsOptions, from: Extension, route: Route): DialView {
  switch (route.kind) {
    case 'emergency':
      return emergency(options, from, route)
    case 'external':
      return external(options, from, route)
    case 'denied': {
      const { e164 = null, class: kind = null } = route.external ?? {}
      return { e164, class: kind, verdict: 'denied', route: [], callerId: null, reason: route.reason }
    }
    case 'owned': {
      const { number, target } = routeOwned(options.directory, route.number, options.clock.now())
      const view = targetView(options, from, target, `a number of ours, which leads to ${formatTarget(target)} now`)
      return { ...view, e164: number.e164 }
    }
    case 'feature':
      return internal(`feature:${route.feature}`, `a function of the system: ${route.feature} ${route.argument}`.trim())
    case 'group':
      return internal(`group:${route.group.number}`, `the group ${route.group.name}: ${route.group.members.join(', ')}`)
    case 'extension':
      return extensionView(options, route.extension)
  }
}

function internal(target: string, reason: string): DialView {
  return { e164: null, class: 'internal', verdict: 'allowed', route: [target], callerId: null, reason }
}

function extensionView({ directory }: OperationsOptions, { id, number, name }: Extension): DialView {
  const { doNotDisturb, forwardAlways } = directory.extensionCalling(id)
  const notes = [
    ...(forwardAlways === undefined ? [] : [`, which forwards every call to ${formatTarget(forwardAlways)}`]),
    ...(doNotDisturb ? [', which does not want to be disturbed'] : []),
  ]
  return internal(`extension:${number}`, `the extension of ${name}${notes.join('')}`)
}

/** Where a number of ours leads, dialled from inside. */
function targetView(options: OperationsOptions, from: Extension, target: CallTarget, reason: string): DialView {
  const view = internal(formatTarget(target), reason)
  if (target.kind === 'reject') return { ...view, verdict: 'denied', route: [] }
  if (target.kind !== 'external') return view
  if (!options.directory.callingOf(from.organisationId).offNetForwarding) {
    return { ...view, verdict: 'denied', route: [], reason: `${reason}, and forwarding to outside numbers is closed` }
  }
  return { ...view, ...byTrunks(trunksFor(options, from), reason) }
}

function external(
  options: OperationsOptions,
  from: Extension,
  { e164, class: kind, country }: Extract<Route, { kind: 'external' }>,
): DialView {
  const { e164: callerId = null, withheld } = callerIdFor(options.directory, from)
  const what = `${kind === 'ordinary' ? 'an ordinary number' : `a number of the class ${kind}`} in ${country ?? 'no country'}`
  const shown = withheld ? `${what}; the caller's number is withheld` : what
  const view = { e164, class: kind, callerId }
  if (from.state === 'suspended') {
    const reason = `extension ${from.number} is suspended: ${from.suspendedReason ?? 'no reason was given'}`
    return { ...view, verdict: 'denied', route: [], reason }
  }
  return { ...view, verdict: 'allowed', ...byTrunks(trunksFor(options, from), shown) }
}

/** Nothing denies it: not a suspension, not a closed country, not privacy. */
function emergency(
  options: OperationsOptions,
  from: Extension,
  { number, test }: Extract<Route, { kind: 'emergency' }>,
): DialView {
  const { e164: callerId = null } = callerIdFor(options.directory, from)
  const reason = test ? `the number ${number} for test calls` : `the emergency number ${number}`
  const trunks = trunksFor(options, from, 'emergency')
  return { e164: null, class: 'emergency', verdict: 'allowed', callerId, ...byTrunks(trunks, reason) }
}

function byTrunks(trunks: readonly Trunk[], reason: string): Pick<DialView, 'route' | 'reason'> {
  const route = trunks.map(trunk => trunk.name)
  return { route, reason: route.length > 0 ? reason : `${reason}; but no trunk can take it now` }
}

/** As a call would try them now; without a server, as the directory orders them. */
function trunksFor(
  { directory, live }: OperationsOptions,
  { organisationId }: Extension,
  purpose: 'call' | 'emergency' = 'call',
): readonly Trunk[] {
  if (live?.trunks !== undefined) return live.trunks.candidates(organisationId, purpose)
  const off = (trunk: Trunk): number => (trunk.state === 'enabled' ? 0 : 1)
  return directory
    .trunks(organisationId)
    .filter(trunk => trunk.purpose === 'provider' && (purpose === 'emergency' || off(trunk) === 0))
    .toSorted((a, b) => off(a) - off(b) || a.priority - b.priority || b.weight - a.weight)
}
