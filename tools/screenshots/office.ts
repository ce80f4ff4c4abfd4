/** An invented office on the running product: phones that are registered, calls, a guesser, and an extension whose password was stolen. */
import type { RateInput } from '../../src/api/fraud-operations.ts'
import type { Operations } from '../../src/api/operations.ts'
import type { TestPhone } from '../../src/test-phone/test-phone.ts'
import { openGuesser } from '../../test/support/guesser.ts'
import type { PhoneCredentials } from '../../test/support/phone-credentials.ts'
import { eventually, pause } from '../../test/support/places.ts'
import { decentAnswer, type HostilePeer, startHostilePeer } from '../../test/support/provider/hostile-peer.ts'
import { accepted, type Ringfence, startRingfence } from '../../test/support/ringfence.ts'
import { testPhoneFor } from '../../test/support/test-phones.ts'

const ROOMS = ['Reception', 'Sales', 'Sales, desk 2', 'Workshop', 'Accounts', 'Warehouse', 'Meeting room', 'Management']
const REGISTERED = 5
const STOLEN = '104'
const GUESSES = 12

export interface Office {
  readonly system: Ringfence
  readonly operations: Operations
  /** One who speaks while the pictures are taken. */
  stop(): Promise<void>
}

export async function startOffice(): Promise<Office> {
  const system = await startRingfence({ name: 'screenshots' })
  const phones: TestPhone[] = []
  let provider: HostilePeer | undefined
  const stop = async (): Promise<void> => {
    for (const phone of phones) await phone.stop()
    await provider?.stop()
    await system.stop()
  }
  try {
    const operations = await system.operations()
    provider = await startProvider(operations)
    const credentials = await addExtensions(operations)
    accepted(await operations.numberAdd({ e164: '+493012345600', label: 'Main number', target: 'extension:101' }))
    for (const each of credentials.slice(0, REGISTERED)) {
      const phone = testPhoneFor(each, system.caPem, { userAgent: 'Yealink SIP-T46U 108.86.0.90' })
      phones.push(phone)
      const outcome = await phone.register()
      if (!outcome.ok) throw new Error(`a phone did not register: ${JSON.stringify(outcome)}`)
    }
    await pastCalls(phones)
    await attacks(system, credentials[0]!, phones[3]!)
    // One goes on while the pictures are taken.
    await talk(phones[0]!, phones[1]!, '102')
    return { system, operations, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startProvider(operations: Operations): Promise<HostilePeer> {
  const peer = await startHostilePeer('TLS', '127.0.0.47')
  peer.play({
    INVITE(invite) {
      peer.answer(invite, 200, { body: decentAnswer(invite, peer.address) })
    },
  })
  const { address: host, port, caPem: certificateAuthority = null } = peer
  const trunk = { name: 'city-telecom', host, port, certificateAuthority, sources: [`${host}/32`], maximumCalls: 20 }
  accepted(await operations.trunkAdd({ ...trunk, username: 'account', password: 'of-the-account' }))
  await eventually(
    async () => accepted(await operations.trunkShow({ name: 'city-telecom' })).live?.health === 'up' || undefined,
    20_000,
    'the trunk is up',
  )
  accepted(await operations.callingChange({ country: 'DE', areaCode: '30', openCountries: ['DE', 'LT', 'AT'] }))
  const rate = (prefix: string, name: string, perMinute: number): RateInput => ({
    prefix,
    name,
    perMinute,
    connectionFee: 0,
    minimumSeconds: 0,
    incrementSeconds: 60,
    validFrom: null,
  })
  const { upload } = accepted(await operations.deckBegin({ name: 'City Telecom 2026', currency: 'EUR' }))
  const rates = [rate('49', 'Germany', 20_000), rate('43', 'Austria', 30_000), rate('370', 'Lithuania', 2_000_000)]
  accepted(await operations.deckAppend({ upload, rates }))
  accepted(await operations.deckCommit({ upload }))
  return peer
}

async function addExtensions(operations: Operations): Promise<readonly PhoneCredentials[]> {
  const credentials: PhoneCredentials[] = []
  for (const [index, name] of ROOMS.entries()) {
    const number = String(101 + index)
    accepted(await operations.extensionAdd({ number, name }))
    credentials.push(accepted(await operations.deviceAdd({ extension: number, label: `${name}, desk phone` })))
  }
  accepted(await operations.groupAdd({ number: '600', name: 'Everybody in sales', members: ['102', '103'] }))
  return credentials
}

async function talk(from: TestPhone, to: TestPhone, target: string) {
  const incoming = to.nextIncoming()
  const call = from.call(target, { speak: 440 })
  const other = await incoming
  other.speak(1_000)
  await other.answer()
  const outcome = await call.outcome
  if (!outcome.ok) throw new Error(`the call to ${target} failed: ${JSON.stringify(outcome)}`)
  return { call, other }
}

async function pastCalls(phones: readonly TestPhone[]): Promise<void> {
  for (const [from, to] of [
    [0, 1],
    [1, 2],
    [4, 0],
  ] as const) {
    const { call, other } = await talk(phones[from]!, phones[to]!, String(101 + to))
    await pause(1_200)
    await call.hangup()
    await other.ended
  }
  const outside = phones[4]!.call('+493098765432', { speak: 440 })
  await outside.outcome
  await pause(800)
  await outside.hangup()
}

/** Somebody guesses passwords; somebody else has one, and calls what pays them. */
async function attacks(system: Ringfence, { domain }: PhoneCredentials, stolen: TestPhone): Promise<void> {
  const guesser = await openGuesser(system, domain, '127.0.0.66')
  for (let index = 0; index < GUESSES; index += 1) {
    const outcome = await guesser.guess({ username: String(100 + index), password: `secret-${index}` })
    if (outcome === 'silence') break
  }
  guesser.stop()
  const calls = Array.from({ length: 12 }, (_, index) => stolen.call(`+37060000${100 + index * 37}`))
  await Promise.all(calls.map(call => call.outcome))
  await eventually(
    async () =>
      accepted(await (await system.operations()).extensionList()).some(each => each.state === 'suspended') || undefined,
    8_000,
    'the stolen extension is suspended',
  ).catch(() => undefined)
}

/** For pages about one of them. */
export const EXAMPLES = { extension: STOLEN, own: STOLEN } as const
