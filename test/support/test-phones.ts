/** Our own test phone with the credentials that the product printed. */
import type { PhoneEndpoint } from '../../src/test-phone/endpoint.ts'
import type { OutboundProxy, PhoneOptions, PhoneTransport, TestPhoneOptions } from '../../src/test-phone/options.ts'
import { createTestPhone, type TestPhone } from '../../src/test-phone/test-phone.ts'
import type { PhoneCredentials } from './phone-credentials.ts'

/** `sip:127.0.0.1:5061;transport=tls` as address, port and transport. */
export function proxyOf(uri: string): OutboundProxy {
  const match = /^sips?:\[?([^\];]+?)\]?:(\d+)(?:;transport=(\w+))?$/.exec(uri)
  if (match === null) throw new Error(`not an outbound proxy: ${uri}`)
  return { address: match[1]!, port: Number(match[2]), transport: (match[3] ?? 'tls') as PhoneTransport }
}

export function testPhoneFor(
  credentials: PhoneCredentials,
  caPem: string,
  more: Partial<PhoneOptions> & { readonly outboundProxy?: OutboundProxy } = {},
): TestPhone {
  const options: TestPhoneOptions = {
    username: credentials.username,
    password: credentials.password,
    domain: credentials.domain,
    outboundProxy: proxyOf(credentials.outboundProxy),
    caPem,
    ...more,
  }
  return createTestPhone(options)
}

/** A phone on an endpoint that it shares with others. */
export function sharedPhone(
  credentials: PhoneCredentials,
  endpoint: PhoneEndpoint,
  more: Partial<PhoneOptions> = {},
): TestPhone {
  const { username, password, domain } = credentials
  return createTestPhone({ username, password, domain, endpoint, ...more })
}
