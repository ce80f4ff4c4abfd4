/** The ports: free before a start; ours, and answering, while the server runs. */
import { type Check, type DoctorContext, fail, type Finding, skipped, warn, well } from './types.ts'

const SAMPLES = 16

interface Wanted {
  readonly what: string
  readonly setting: string
  readonly protocol: 'tcp' | 'udp'
  readonly addresses: readonly string[]
  readonly port: number
}

export const checkPorts: Check = async context => {
  const { configuration, status } = context
  if (status !== undefined) {
    const places = status.listeners.map(each => `${each.transport} ${each.port}`)
    return [well('ports', `the server listens: ${[...new Set(places)].join(', ')}`)]
  }
  const wanted: Wanted[] = [
    {
      what: 'SIP over TLS',
      setting: 'sipTlsPort',
      protocol: 'tcp',
      addresses: configuration.listen,
      port: configuration.sipTlsPort,
    },
    {
      what: 'HTTPS',
      setting: 'httpsPort',
      protocol: 'tcp',
      addresses: configuration.listen,
      port: configuration.httpsPort,
    },
    ...configuration.allowInsecureListeners.map(
      (listener): Wanted => ({
        what: `plain SIP over ${listener.transport.toUpperCase()}`,
        setting: 'allowInsecureListeners',
        protocol: listener.transport === 'udp' ? 'udp' : 'tcp',
        addresses: [listener.address],
        port: listener.port,
      }),
    ),
  ]
  const findings: Finding[] = []
  for (const each of wanted) findings.push(await checkPort(context, each))
  return findings
}

async function checkPort({ machine }: DoctorContext, wanted: Wanted): Promise<Finding> {
  const { what, protocol, addresses, port, setting } = wanted
  if (port === 0) return well('ports', `${what}: any free port`)
  for (const address of addresses) {
    const code = await machine.tryPort(protocol, address, port)
    if (code === undefined || (code === 'EAFNOSUPPORT' && addresses.length > 1)) continue
    const where = `${what}: ${protocol.toUpperCase()} port ${port} on ${address}`
    if (code === 'EADDRINUSE') {
      const owner = machine.portOwner(protocol, port)
      const by = owner === undefined ? 'another program (as root, doctor may see which)' : owner
      return fail('ports', `${where} is taken by ${by}`, `stop it, or choose another ${setting}`)
    }
    if (code === 'EACCES')
      return fail('ports', `${where} may not be opened by this user`, `choose a ${setting} above 1023`)
    if (code === 'EADDRNOTAVAIL') {
      return fail(
        'ports',
        `${where}: this machine has no such address`,
        'correct "listen"; "ip address" shows the addresses',
      )
    }
    return fail('ports', `${where} cannot be opened (${code})`, `correct "listen" or ${setting}`)
  }
  return well('ports', `${what}: port ${port} is free`)
}

/** A sample over the range: the whole of it would be 20,000 sockets. */
export const checkMediaPorts: Check = async ({ configuration, machine, status }) => {
  const { portFrom, portTo } = configuration.media
  const range = `UDP ${portFrom}-${portTo}`
  if (status !== undefined)
    return [skipped('media ports', `${range}: in use by the server; "ringfence testcall" tries them`)]
  const address = configuration.listen[0]!
  const step = Math.max(1, Math.floor((portTo - portFrom) / (SAMPLES - 1)))
  const taken: number[] = []
  for (let port = portFrom; port <= portTo; port += step) {
    if ((await machine.tryPort('udp', address, port)) !== undefined) taken.push(port)
  }
  if (taken.length === 0) return [well('media ports', `${range}: free, as far as ${SAMPLES} samples tell`)]
  const message = `${range}: taken are ${taken.slice(0, 4).join(', ')}${taken.length > 4 ? ' …' : ''}`
  if (taken.length < SAMPLES / 2) {
    return [
      warn('media ports', message, 'they are left out by themselves; many of them: choose another media.portFrom'),
    ]
  }
  return [fail('media ports', message, 'choose another media.portFrom and media.portTo')]
}
