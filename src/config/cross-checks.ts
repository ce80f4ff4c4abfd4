/** What one setting alone does not show. */
import type { ConfigurationError } from './errors.ts'
import { configurationError } from './errors.ts'
import { EXAMPLES } from './examples.ts'
import type { ConfigurationFile } from './schema.ts'

const MINIMUM_MEDIA_PORTS = 16
const YEAR = 366 * 86_400_000

export function checkTogether(settings: ConfigurationFile, now: number): ConfigurationError | undefined {
  const { media, sipTlsPort, httpsPort, limits } = settings
  if (media.portFrom < 1_024 || media.portTo - media.portFrom + 1 < MINIMUM_MEDIA_PORTS) {
    return invalid('media.portFrom', `and media.portTo have to leave at least ${MINIMUM_MEDIA_PORTS} ports above 1023`)
  }
  if (sipTlsPort !== 0 && sipTlsPort === httpsPort) return invalid('httpsPort', 'is the same as sipTlsPort')
  if (limits.connectionsPerSource > limits.connections) {
    return invalid('limits.connectionsPerSource', 'is above limits.connections')
  }
  for (const listener of settings.allowInsecureListeners) {
    if (listener.expires > now + YEAR) return invalid('allowInsecureListeners.expires', 'is more than a year ahead')
    if (listener.transport !== 'udp' && listener.port !== 0 && [sipTlsPort, httpsPort].includes(listener.port)) {
      return invalid('allowInsecureListeners.port', 'is taken by sipTlsPort or httpsPort')
    }
    const open = listener.sources.find(source => source.endsWith('/0'))
    if (open !== undefined) return invalid('allowInsecureListeners.sources', `contains ${open}, which is everybody`)
  }
  return checkFirewall(settings) ?? checkProviders(settings)
}

function checkProviders({ identityProviders }: ConfigurationFile): ConfigurationError | undefined {
  for (const field of ['id', 'issuer'] as const) {
    const values = identityProviders.map(each => each[field])
    const twice = values.find((value, at) => values.indexOf(value) !== at)
    if (twice !== undefined) return invalid(`identityProviders.${field}`, `is ${twice} twice`)
  }
  return undefined
}

function checkFirewall({ firewall }: ConfigurationFile): ConfigurationError | undefined {
  const names = firewall.lists.map(list => list.name)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) return invalid('firewall.lists.name', `is ${twice} twice`)
  const open = firewall.allow.find(network => network.endsWith('/0'))
  if (open !== undefined)
    return invalid('firewall.allow', `contains ${open}, which is everybody: nobody would be banned`)
  const everybody = firewall.networks.find(network => network.endsWith('/0'))
  if (everybody !== undefined) return invalid('firewall.networks', `contains ${everybody}, which is everybody`)
  return undefined
}

function invalid(key: string, problem: string): ConfigurationError {
  return configurationError('CONFIG_INVALID_VALUE', key, problem, EXAMPLES[key])
}
