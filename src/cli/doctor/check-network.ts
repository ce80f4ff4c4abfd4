/** Names and addresses: whether phones find the machine, from inside and from outside. */
import { isIP } from 'node:net'
import { parseNetwork } from '../../base/network.ts'
import { type Check, fail, type Finding, warn, well } from './types.ts'

/** RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291: never reached from the Internet. */
const PRIVATE = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
]
const LOOPBACK = ['127.0.0.0/8', '::1/128']

function within(address: string, networks: readonly string[]): boolean {
  return networks.some(network => parseNetwork(network)?.includes(address) === true)
}

export const checkDomain: Check = async ({ configuration, machine, status }) => {
  const { domain, externalAddress } = configuration
  if (domain.endsWith('.internal') || domain.endsWith('.local')) {
    const text = `${domain} is a private name: phones find the machine by the outbound proxy that "device add" prints`
    return [well('domain', text)]
  }
  const addresses = await machine.resolveAddresses(domain)
  const services = await machine.resolveService(`_sips._tcp.${domain}`)
  const advice = 'phones need the outbound proxy that "device add" prints, or the DNS record'
  if (addresses.length === 0 && services.length === 0) {
    return [
      warn(
        'domain',
        `${domain} is not in the DNS`,
        `make an A or AAAA record, and SRV _sips._tcp.${domain}; ${advice}`,
      ),
    ]
  }
  const findings: Finding[] = []
  const ours = [...machine.addresses(), ...(externalAddress === undefined ? [] : [externalAddress])]
  const foreign = addresses.filter(address => !ours.includes(address))
  if (addresses.length > 0 && foreign.length === addresses.length) {
    const text = `${domain} leads to ${addresses.join(', ')}, which is no address of this machine`
    findings.push(warn('domain', text, 'behind NAT set externalAddress to it; otherwise correct the A or AAAA record'))
  } else if (addresses.length > 0) findings.push(well('domain', `${domain} leads to ${addresses.join(', ')}`))
  const port = status?.listeners.find(each => each.transport.toUpperCase() === 'TLS')?.port ?? configuration.sipTlsPort
  const wrong = services.filter(service => service.port !== port)
  if (wrong.length > 0) {
    const text = `SRV _sips._tcp.${domain} names port ${wrong[0]!.port}, we listen on ${port}`
    findings.push(warn('domain', text, 'correct the record or sipTlsPort'))
  } else if (services.length > 0) findings.push(well('domain', `SRV _sips._tcp.${domain} names port ${port}`))
  return findings
}

export const checkNat: Check = ({ configuration, machine, status }) => {
  const { externalAddress } = configuration
  const listen = status?.listeners.map(listener => listener.address) ?? configuration.listen
  if (externalAddress !== undefined) return [checkExternal(externalAddress)]
  const bound = listen.some(address => address === '0.0.0.0' || address === '::') ? machine.addresses() : listen
  const reachable = bound.filter(address => isIP(address) !== 0 && !within(address, LOOPBACK))
  if (reachable.length === 0) {
    return [
      warn('NAT', 'only this machine itself can connect', 'set "listen" to an address of its network, or leave it out'),
    ]
  }
  const open = reachable.filter(address => !within(address, PRIVATE))
  if (open.length > 0) return [well('NAT', `reached directly at ${open.slice(0, 3).join(', ')}`)]
  const shown = reachable.slice(0, 3).join(', ')
  const ports = `TCP ${configuration.sipTlsPort} and UDP ${configuration.media.portFrom}-${configuration.media.portTo}`
  const advice = `good for phones in the same network; for others forward ${ports} on the router and set externalAddress`
  return [warn('NAT', `only private addresses: ${shown}`, advice)]
}

function checkExternal(address: string): Finding {
  if (within(address, LOOPBACK) || within(address, PRIVATE)) {
    return fail('NAT', `externalAddress ${address} is private: no phone outside reaches it`, 'set the public one')
  }
  return well('NAT', `phones are told ${address}; "ringfence testcall" from outside tries it`)
}
