/** The certificate that phones see: valid, trusted by what they are told to trust, and for the names they connect to. */
import { isIP } from 'node:net'
import { join } from 'node:path'
import { connectableAddress } from '../reach.ts'
import {
  type Check,
  type DoctorContext,
  fail,
  type Finding,
  type PeerCertificate,
  skipped,
  warn,
  well,
} from './types.ts'

const DAY_MS = 86_400_000
/** A renewal that works has happened by then. */
const WARNING_DAYS = 14

export const checkCertificate: Check = async context => {
  const { configuration, machine, status } = context
  const listener = status?.listeners.find(each => each.transport.toUpperCase() === 'TLS')
  if (status === undefined || listener === undefined) return checkStored(context)
  const address = connectableAddress(listener.address)
  const ca = machine.readText(status.ca)
  const probe = await machine.tlsProbe(address, listener.port, configuration.domain, ca)
  if (!probe.ok) {
    const advice = 'phones meet the same: see "ringfence events --type certificate."'
    return [fail('certificate', `no TLS connection to ${address} port ${listener.port}: ${probe.reason}`, advice)]
  }
  const handshake = well('certificate', `${probe.protocol} ${probe.cipher}, trusted by ${status.ca}`)
  return [handshake, ...judge(context, probe.certificate)]
}

function checkStored(context: DoctorContext): readonly Finding[] {
  const { configuration, machine } = context
  const own = configuration.certificate
  const named = own !== undefined && 'certificateFile' in own ? own.certificateFile : undefined
  const file = named ?? join(configuration.dataDirectory, 'keys', 'server.pem')
  const certificate = machine.readCertificate(file)
  if (certificate !== undefined) return judge(context, certificate)
  if (named === undefined) return [skipped('certificate', 'there is none yet: the first start makes it')]
  return [fail('certificate', `${file} holds no certificate that can be read`, 'correct certificate.certificateFile')]
}

function judge(context: DoctorContext, certificate: PeerCertificate): readonly Finding[] {
  const { configuration, now, machine } = context
  const findings: Finding[] = []
  const days = Math.floor((certificate.notAfter - now) / DAY_MS)
  const until = new Date(certificate.notAfter).toISOString().slice(0, 10)
  const renew = 'our own are renewed by a running server; for one of yours, put the new files in place'
  if (certificate.notBefore > now) {
    findings.push(fail('certificate', 'is not valid yet', 'compare the clock of this machine with the right time'))
  } else if (days < 0) findings.push(fail('certificate', `expired on ${until}`, renew))
  else if (days < WARNING_DAYS) findings.push(warn('certificate', `expires in ${days} days, on ${until}`, renew))
  else findings.push(well('certificate', `${certificate.subject}, valid for ${days} days, until ${until}`))
  const wanted = [
    configuration.domain,
    ...(configuration.externalAddress === undefined ? [] : [configuration.externalAddress]),
  ]
  const missing = wanted.filter(name => !covers(certificate.names, name))
  if (missing.length > 0) {
    const advice = 'a phone that checks names refuses it: start the server again, or get a certificate with these names'
    findings.push(warn('certificate', `does not name ${missing.join(', ')}`, advice))
  }
  const bare = machine.addresses().filter(each => isPublicEnough(each) && !covers(certificate.names, each))
  if (bare.length > 0 && configuration.certificate === undefined) {
    const advice = 'phones that connect by this address may refuse it: start the server again, it adds new addresses'
    findings.push(warn('certificate', `does not name ${bare.slice(0, 3).join(', ')}`, advice))
  }
  return findings
}

function isPublicEnough(address: string): boolean {
  return isIP(address) === 4 && !address.startsWith('127.')
}

/** A wildcard stands for one label (RFC 6125 §6.4.3). */
function covers(names: readonly string[], wanted: string): boolean {
  const name = wanted.toLowerCase()
  const parent = isIP(name) === 0 ? name.slice(name.indexOf('.')) : undefined
  return names.some(each => {
    const known = each.toLowerCase()
    return known === name || (parent !== undefined && known === `*${parent}`)
  })
}
