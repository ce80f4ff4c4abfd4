/** The running product with a call that goes on while it is attacked, and doors of every kind. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HeldState } from '../../../src/api/operations.ts'
import type { PhoneCall } from '../../../src/test-phone/call.ts'
import type { TestPhone } from '../../../src/test-phone/test-phone.ts'
import type { PhoneCredentials } from '../../support/phone-credentials.ts'
import { freePort, pause, type TemporaryFolder, temporaryFolder } from '../../support/places.ts'
import { accepted, type Ringfence, startRingfence } from '../../support/ringfence.ts'
import { testPhoneFor } from '../../support/test-phones.ts'

/** Named by the plain listeners, but nobody's phone. */
export const NAMED = '127.0.0.50'
/** Named by nobody. */
export const STRANGER = '127.0.0.66'

export interface Door {
  readonly address: string
  readonly port: number
}

export interface Ground {
  readonly system: Ringfence
  readonly doors: { readonly udp: Door; readonly tcp: Door; readonly tls: Door; readonly wss: Door }
  /** The account that the fuzzer holds; it speaks for itself, no test phone does. */
  readonly insider: PhoneCredentials
  /** The call between two ordinary phones: 440 Hz one way, 1,000 Hz the other. */
  readonly call: { readonly caller: PhoneCall; readonly called: PhoneCall }
  /** Packets of its caller, as they were on the wire. */
  readonly genuine: readonly Buffer[]
  held(): Promise<HeldState>
  liveCalls(): Promise<number>
  /** A new phone registers, as if nothing had happened. */
  registers(): Promise<boolean>
  stop(): Promise<void>
}

export async function startGround(): Promise<Ground> {
  const settings = temporaryFolder('fuzz-settings')
  const file = join(settings.path, 'ringfence.yaml')
  const ports = { udp: await freePort(), tcp: await freePort() }
  const expires = new Date(Date.now() + 86_400_000).toISOString()
  const listener = (transport: 'udp' | 'tcp'): string =>
    `  - {transport: ${transport}, address: 127.0.0.1, port: ${ports[transport]}, sources: [${NAMED}/32], expires: ${expires}}\n`
  // What a rate cap or a ban drops tests those only: here everything is to be read.
  const limits = `limits: {messagesPerSecondPerSource: 100000, ringTime: 15}\nfirewall: {allow: [${STRANGER}]}\n`
  writeFileSync(file, `${limits}allowInsecureListeners:\n${listener('udp')}${listener('tcp')}`)
  const system = await startRingfence({ name: 'fuzz-server', arguments: ['--domain', 'example.com', '--config', file] })
  try {
    return await settle(system, ports, settings)
  } catch (error) {
    await system.stop()
    settings.remove()
    throw error
  }
}

async function settle(
  system: Ringfence,
  ports: { readonly udp: number; readonly tcp: number },
  settings: TemporaryFolder,
): Promise<Ground> {
  const phones: TestPhone[] = []
  const genuine: Buffer[] = []
  const onPacketSent = (packet: Buffer): void => {
    if (genuine.length < 50) genuine.push(Buffer.from(packet))
  }
  const phone = async (number: string): Promise<TestPhone> => {
    const started = testPhoneFor(await system.addPhone(number), system.caPem, number === '301' ? { onPacketSent } : {})
    phones.push(started)
    if (!(await registersAtLast(started))) throw new Error(`${number} does not register`)
    return started
  }
  const insider = await system.addPhone('201')
  const [target, first, second] = [await phone('202'), await phone('301'), await phone('302')]
  target.onIncoming(call => void call.answer().catch(() => {}))
  const last = await system.addPhone('401')
  return {
    system,
    insider,
    genuine,
    call: await establish(first, second),
    doors: {
      udp: { address: '127.0.0.1', port: ports.udp },
      tcp: { address: '127.0.0.1', port: ports.tcp },
      tls: system.ready.sipTls,
      wss: system.ready.https,
    },
    held: async () => accepted(await (await system.operations()).status()).held,
    liveCalls: async () => accepted(await (await system.operations()).callsLive()).length,
    async registers() {
      const another = testPhoneFor(last, system.caPem)
      const ok = await registersAtLast(another)
      await another.unregister()
      await another.stop()
      return ok
    },
    async stop() {
      await Promise.all(phones.map(each => each.stop()))
      await system.stop()
      settings.remove()
    },
  }
}

const PATIENCE_MS = 30_000

/** A machine that is busy with other things makes the server answer 503 for a moment; a phone then tries again. */
async function registersAtLast(phone: TestPhone): Promise<boolean> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const outcome = await phone.register()
    if (outcome.ok || outcome.status !== 503 || performance.now() > deadline) return outcome.ok
    await pause(500)
  }
}

async function establish(first: TestPhone, second: TestPhone): Promise<Ground['call']> {
  const incoming = second.nextIncoming()
  const caller = first.call('302', { speak: 440 })
  const called = await incoming
  called.speak(1000)
  await called.answer()
  if (!(await caller.outcome).ok) throw new Error('the call to be disturbed did not come about')
  return { caller, called }
}
