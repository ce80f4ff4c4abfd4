/** The way to the outside: each trunk, whether calls for help have one, whether anybody can call us. */
import type { TrunkView } from '../../api/outside-operations.ts'
import { parseNetwork } from '../../base/network.ts'
import { countOf } from '../output/text.ts'
import { type Check, fail, type Finding, warn, well } from './types.ts'

export const checkTrunks: Check = ({ outside }) => {
  if (outside === undefined) return []
  const enabled = outside.trunks.filter(trunk => trunk.state === 'enabled')
  return [...enabled.map(healthOf), ...enabled.flatMap(insecurityOf)]
}

function healthOf({ name, live }: TrunkView): Finding {
  if (live === null) return { check: 'trunks', state: 'skipped', message: `${name}: no server runs`, advice: null }
  if (live.health === 'up') return well('trunks', `${name} is up${live.tls === null ? '' : ` over ${live.tls}`}`)
  const what = live.health === 'down' ? 'is down' : 'was not heard yet'
  const message = `${name} ${what}${live.problem === null ? '' : `: ${live.problem}`}`
  const advice = `see each step with: ringfence trunk test ${name}`
  return live.health === 'down' ? fail('trunks', message, advice) : warn('trunks', message, advice)
}

function insecurityOf({ name, purpose, weakened }: TrunkView): readonly Finding[] {
  const whom = purpose === 'pbx' ? 'let the exchange speak' : 'ask the provider for'
  return weakened.map(text =>
    warn(
      'trunks',
      `${name}: NOT ENCRYPTED, ${text}`,
      `${whom} TLS and SRTP; otherwise keep it on a network where nobody else is`,
    ),
  )
}

/** A peer that calls us over UDP or TCP is heard only where a listener in clear takes its address. */
export const checkTrunkListeners: Check = ({ outside, status }) => {
  if (outside === undefined || status === undefined) return []
  return outside.trunks
    .filter(trunk => trunk.state === 'enabled' && trunk.transport !== 'TLS')
    .filter(trunk => !status.listeners.some(listener => hears(listener, trunk)))
    .map(({ name, transport }) =>
      warn(
        'trunks',
        `${name} speaks ${transport}, and no listener in clear hears it: its calls do not reach us`,
        'open one for its addresses: allowInsecureListeners in the settings, see docs/trunks.md',
      ),
    )
}

function hears(
  { insecure, transport, sources }: { insecure: boolean; transport: string; sources: readonly string[] },
  trunk: TrunkView,
): boolean {
  if (!insecure || transport !== trunk.transport) return false
  return trunk.sources.every(source => sources.some(network => covers(network, source)))
}

/** Whether the listener answers where the source begins. */
function covers(network: string, source: string): boolean {
  const [address = ''] = source.split('/')
  return parseNetwork(network)?.includes(address) === true
}

export const checkEmergency: Check = ({ outside }) => {
  if (outside === undefined) return []
  const providers = outside.trunks.filter(trunk => trunk.purpose === 'provider')
  const advice = 'add one: ringfence trunk add NAME --host sip.example.net'
  if (providers.length === 0)
    return [warn('emergency', 'no trunk leads outside: nobody here can call for help', advice)]
  const found: Finding[] = []
  if (!providers.some(trunk => trunk.live === null || trunk.live.health === 'up')) {
    const text = 'no trunk is up: calls for help are tried on all of them, and may not get through'
    found.push(warn('emergency', text, 'bring one back, or add a second provider'))
  }
  if (outside.calling.emergencyLocationText === null && outside.calling.emergencyLocation === null) {
    const set = 'ringfence calling set --emergency-location "Main street 1, 2nd floor"'
    found.push(warn('emergency', 'no location is set: nobody would know where to go', set))
  }
  return found.length > 0 ? found : [well('emergency', `${countOf(providers.length, 'trunk')} would be tried`)]
}

export const checkNumbers: Check = ({ outside }) => {
  if (outside === undefined || !outside.trunks.some(trunk => trunk.purpose === 'provider')) return []
  if (outside.numbers > 0) return [well('numbers', `${outside.numbers} of our own`)]
  return [
    warn(
      'numbers',
      'no number is ours: nobody can call us, and calls go out without a caller id',
      'ringfence number add +493012345678 --to extension:101',
    ),
  ]
}
