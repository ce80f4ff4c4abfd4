/** What the parts of one phone share: who it is, how it proves it, and by which endpoint it speaks. */
import { newId } from '../base/ids.ts'
import { randomHex } from '../base/random.ts'
import { encodeText, quoteString } from '../sip/message/text.ts'
import type { Flow } from '../sip/transport/types.ts'
import { SUITES, type Suite, suiteNamed } from '../media/srtp/index.ts'
import { createCredentials, type Credentials } from './credentials.ts'
import type { PhoneEndpoint } from './endpoint.ts'
import { CODECS, type Codec } from './g711.ts'
import type { PhoneOptions } from './options.ts'

export interface PhoneContext {
  readonly options: PhoneOptions
  readonly endpoint: PhoneEndpoint
  readonly credentials: Credentials
  readonly userAgent: string
  /** User part of the contact: random, so that it names this phone and nobody else on a shared endpoint. */
  readonly contactUser: string
  readonly instanceId: string
  readonly suites: readonly Suite[]
  readonly codecs: readonly Codec[]
  /** `From` and `Contact` values without tag and parameters. */
  identity(flow: Flow): { readonly from: string; readonly contact: string }
}

/** Throws RangeError for a suite or codec that does not exist. */
export function createPhoneContext(options: PhoneOptions, endpoint: PhoneEndpoint): PhoneContext {
  const contactUser = `p${randomHex(8)}`
  const name = options.displayName === undefined ? '' : `${quoteString(encodeText(options.displayName))} `
  return {
    options,
    endpoint,
    credentials: createCredentials(options),
    userAgent: options.userAgent ?? 'Ringfence test phone',
    contactUser,
    instanceId: newId(endpoint.clock.now()),
    suites: options.suites?.map(suiteOf) ?? SUITES,
    codecs: options.codecs?.map(codecOf) ?? CODECS,
    identity(flow) {
      const host = flow.localAddress.includes(':') ? `[${flow.localAddress}]` : flow.localAddress
      const transport = flow.protocol.toLowerCase()
      return {
        from: `${name}<sip:${options.username}@${options.domain}>`,
        contact: `<sip:${contactUser}@${host}:${flow.localPort};transport=${transport}>`,
      }
    },
  }
}

function suiteOf(name: string): Suite {
  const suite = suiteNamed(name)
  if (suite === undefined) throw new RangeError(`no SRTP suite ${name}`)
  return suite
}

function codecOf(name: string): Codec {
  const codec = CODECS.find(candidate => candidate.name === name)
  if (codec === undefined) throw new RangeError(`no codec ${name}`)
  return codec
}
