/** What to type into a phone, in the words that phones use, for somebody who has never done it. */
import type { DeviceCredentials } from '../api/operations.ts'
import type { Painter } from './output/text.ts'

export interface ProxyAddress {
  readonly address: string
  readonly port: number
}

/** Address and port of `sip:ADDRESS:PORT;transport=tls`; IPv6 without its brackets. */
export function readProxy(outboundProxy: string): ProxyAddress {
  const match = /^sips?:(?:\[([^\]]+)\]|([^:;]+))(?::(\d{1,5}))?/.exec(outboundProxy)
  return { address: match?.[1] ?? match?.[2] ?? '', port: Number(match?.[3] ?? 5061) }
}

/** The password appears here once, and nowhere again. */
export function phoneInstructions(credentials: DeviceCredentials, extension: string, paint: Painter): string {
  const { address, port } = readProxy(credentials.outboundProxy)
  const rows: readonly (readonly [string, string, string])[] = [
    ['Server', credentials.domain, 'also called SIP server, registrar, domain or realm'],
    ['User name', credentials.username, 'also called SIP user, account or authentication ID'],
    ['Password', credentials.password, 'capital and small letters differ'],
    ['Outbound proxy', `${address}, port ${port}`, 'also called proxy, or server address'],
    ['Transport', 'TLS', 'not UDP, not TCP'],
    ['Encryption of calls', 'SRTP, always', 'also called mandatory, compulsory or RTP/SAVP; keys by SDES'],
    ['Certificate to trust', credentials.ca, 'upload this file as a trusted (CA) certificate'],
  ]
  const labels = Math.max(...rows.map(([label]) => label.length))
  const values = Math.max(...rows.map(([, value]) => value.length))
  const lines = rows.map(
    ([label, value, remark]) =>
      `  ${label.padEnd(labels)}  ${paint('bold', value.padEnd(values))}  ${paint('dim', `(${remark})`)}`,
  )
  return [
    `A phone for extension ${extension}. Type this into it now: the password is shown this once and kept nowhere.`,
    '',
    ...lines.map(line => line.trimEnd()),
    '',
    `When it shows "registered", see it here: ringfence device list --extension ${extension}`,
    '',
  ].join('\n')
}
