/** Our test phone on the simulated network: it loses its connection and comes back, and keeps itself registered. */
import { randomHex } from '../../../src/base/random.ts'
import type { PhoneEndpoint } from '../../../src/test-phone/endpoint.ts'
import { createPacer } from '../../../src/test-phone/pacer.ts'
import { createTestPhone, type TestPhone } from '../../../src/test-phone/test-phone.ts'
import { createTransactionLayer, type RunningTransactionLayer } from '../../../src/sip/transaction/transaction-layer.ts'
import type { TransactionUser } from '../../../src/sip/transaction/types.ts'
import type { Random } from '../../fuzz/engine/random.ts'
import { DOMAIN } from './server.ts'
import type { VirtualClock } from './virtual-clock.ts'
import type { LinkProtocol, VirtualNetwork } from './virtual-network.ts'

export interface SimulatedPhone {
  readonly number: string
  readonly protocol: LinkProtocol
  readonly phone: TestPhone
  readonly transactions: RunningTransactionLayer
  /** Registered, and not switched off. */
  readonly reachable: boolean
  /** Registers, and again as often as it must, until `retire`. */
  switchOn(): Promise<void>
  /** Loses its connection: reset, or without a word. Its calls are forgotten. It comes back after `backMs`. */
  vanish(how: 'reset' | 'silence', backMs: number): void
  /** Unregisters and is quiet from now on. */
  retire(): Promise<void>
}

export interface SimulatedPhoneOptions {
  readonly clock: VirtualClock
  readonly network: VirtualNetwork
  readonly random: Random
  readonly number: string
  readonly address: string
  readonly protocol: LinkProtocol
  readonly username: string
  readonly password: string
  readonly onRegistration: (status: number) => void
}

const EXPIRES = 3_600
const RETRY_MS = 5_000

export function createSimulatedPhone(options: SimulatedPhoneOptions): SimulatedPhone {
  const { clock, network, random, number, protocol, username, password } = options
  const side = network.phoneSide(protocol, options.address)
  let user: TransactionUser | undefined
  const transactions = createTransactionLayer({
    transport: side.transport,
    clock,
    sentBy: flow => ({ host: flow.localAddress, port: flow.localPort }),
  })
  side.attach(transactions)
  const endpoint: PhoneEndpoint = {
    clock,
    pacer: createPacer(clock),
    transactions,
    connect: async () => side.flow ?? side.open(),
    attach(_user, phone) {
      user = phone
      transactions.setUser(phone)
      return () => {
        user = undefined
      }
    },
    drop: () => side.silence(),
    onLost() {},
    async stop() {
      transactions.stop()
    },
  }
  const phone = createTestPhone({
    username,
    password,
    domain: DOMAIN,
    endpoint,
    audio: false,
    displayName: `Phone ${number} ${randomHex(2)}`,
  })
  let registered = false
  let on = false
  let retired = false
  /** Of the switch that is valid: an older loop ends. */
  let turn = 0

  const later = (milliseconds: number): Promise<void> =>
    new Promise(done => {
      clock.schedule(milliseconds, done)
    })

  async function keepRegistered(mine: number): Promise<void> {
    while (mine === turn && !retired) {
      const outcome = await phone.register(EXPIRES)
      if (mine !== turn || retired) return
      options.onRegistration(outcome.ok ? 200 : outcome.status)
      registered = outcome.ok
      // The phone would refresh by itself at nine tenths of the time, but not again after a failure.
      const wait = outcome.ok ? EXPIRES * (500 + random.below(300)) : RETRY_MS
      await later(wait)
    }
  }

  return {
    number,
    protocol,
    phone,
    transactions,
    get reachable() {
      return registered && on && user !== undefined
    },
    async switchOn() {
      on = true
      turn++
      await Promise.race([keepRegistered(turn), later(RETRY_MS)])
    },
    vanish(how, backMs) {
      on = false
      registered = false
      turn++
      phone.vanish()
      side[how]()
      clock.schedule(backMs, () => {
        if (!retired) void this.switchOn()
      })
    },
    async retire() {
      retired = true
      turn++
      await phone.unregister()
      side.reset()
    },
  }
}
