/**
 * Phones that do anything at any time: random walks over calls, answers, changes, transfers, broken connections and outages. Whatever
 * happens, nothing throws, every call that started ends exactly once, and nothing is left behind.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createUacDialog, createUasDialog, type Dialog } from '../../src/sip/dialog/dialog.ts'
import { formatReplaces } from '../../src/sip/dialog/replaces.ts'
import type { HeaderPair } from '../../src/sip/message/build.ts'
import type { SipRequest, SipResponse } from '../../src/sip/message/types.ts'
import { CallWorld, NOTHING_LEFT } from '../support/call-world.ts'
import { OutgoingInvite, type ScriptedPhone, sdp } from '../support/scripted-phone.ts'

const WALKS = 500
const STEPS = 120

/** mulberry32: a seed names a walk. */
function generator(seed: number): (bound: number) => number {
  let state = seed
  return bound => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }
}

/** A phone without a mind: it knows its dialogs, and what it has not answered yet. */
class Puppet {
  readonly phone: ScriptedPhone
  readonly dialogs: Dialog[] = []
  readonly open: SipRequest[] = []
  readonly invites: OutgoingInvite[] = []
  readonly #pick: (bound: number) => number

  constructor(phone: ScriptedPhone, pick: (bound: number) => number) {
    this.phone = phone
    this.#pick = pick
  }

  read(): void {
    for (const message of this.phone.drain()) {
      if (message.kind === 'response') this.#onResponse(message)
      else if (message.method !== 'ACK') this.open.push(message)
    }
  }

  #onResponse(response: SipResponse): void {
    if (response.cseq.method !== 'INVITE' || response.status < 101) return
    const invite = this.invites.find(each => each.callId === response.callId)
    const dialog = this.dialogs.find(each => each.callId === response.callId)
    if (response.status >= 300) {
      if (invite === undefined || invite.request.cseq.number !== response.cseq.number) return
      invite.acknowledge(response)
      if (response.status === 407 && this.#pick(8) > 0) {
        invite.transmit([this.phone.authorization(response, 'INVITE', invite.uri)])
      }
      return
    }
    if (dialog === undefined && invite !== undefined) this.dialogs.push(createUacDialog(invite.request, response))
    if (response.status >= 200 && this.#pick(12) > 0) {
      const known = this.dialogs.find(each => each.callId === response.callId)
      const words =
        invite?.request.body.length === 0 || this.#pick(10) === 0
          ? { body: this.words(), contentType: 'application/sdp' }
          : {}
      if (known !== undefined) this.phone.sendRequest(known.ack(response.cseq.number, words))
    }
  }

  words(): string {
    const direction = ['sendrecv', 'sendonly', 'recvonly', 'inactive'][this.#pick(4)]!
    const profile = this.#pick(40) === 0 ? 'RTP/AVP' : 'RTP/SAVP'
    return this.#pick(40) === 0 ? 'nonsense' : sdp(this.phone.username, direction, profile, this.#pick(9))
  }

  body(): { body?: string; contentType?: string } {
    return this.#pick(8) === 0 ? {} : { body: this.words() }
  }

  call(target: string, headers: readonly HeaderPair[] = []): void {
    const invite = new OutgoingInvite(this.phone, target, { ...this.body(), headers })
    if (this.invites.push(invite) > 20) this.invites.shift()
    invite.transmit()
  }

  answer(): void {
    const request = this.open.splice(this.#pick(Math.max(1, this.open.length)), 1)[0]
    if (request === undefined) return
    const statuses = [100, 180, 180, 183, 202, 302, 404, 408, 422, 481, 486, 487, 488, 491, 500, 503, 603]
    const status = this.#pick(2) === 0 ? 200 : statuses[this.#pick(statuses.length)]!
    const reliable: HeaderPair[] =
      status > 100 && status < 200 && this.#pick(3) === 0
        ? [
            ['Require', '100rel'],
            ['RSeq', String(1 + this.#pick(3))],
          ]
        : []
    const known = this.dialogs.find(each => each.callId === request.callId)
    const tag = known?.localTag ?? `t${request.callId}`
    if (known === undefined && request.method === 'INVITE' && status > 100 && status < 300) {
      const localContact = `<${this.phone.contactUri}>`
      this.dialogs.push(createUasDialog(request, tag, { localContact, flow: undefined }))
    }
    if (status < 200) this.open.push(request)
    this.phone.respond(request, status, tag, { ...this.body(), headers: reliable })
  }

  cancel(): void {
    this.invites.at(-1)?.cancel()
  }

  speak(others: readonly Puppet[]): void {
    const dialog = this.dialogs[this.#pick(Math.max(1, this.dialogs.length))]
    if (dialog === undefined) return
    const methods = ['INVITE', 'INVITE', 'UPDATE', 'INFO', 'REFER', 'REFER', 'REFER', 'PRACK', 'NOTIFY', 'ACK', 'BYE']
    const method = methods[this.#pick(methods.length)]!
    const contact: HeaderPair[] = [['Contact', `<${this.phone.contactUri}>`]]
    const headers = method === 'REFER' ? [...contact, this.referTo(others)] : contact
    const { body } = method === 'REFER' || method === 'BYE' ? {} : this.body()
    const parts = body === undefined ? { headers } : { headers, body, contentType: 'application/sdp' }
    this.phone.sendRequest(method === 'ACK' ? dialog.ack(dialog.localSequence, parts) : dialog.request(method, parts))
  }

  referTo(others: readonly Puppet[]): HeaderPair {
    const number = ['101', '102', '103', '999'][this.#pick(4)]!
    const theirs = this.#pick(2) === 0 ? this : others[this.#pick(others.length)]!
    const second = theirs.dialogs[this.#pick(Math.max(1, theirs.dialogs.length))]
    if (second === undefined || this.#pick(2) === 0) return ['Refer-To', `<sip:${number}@example.com>`]
    return ['Refer-To', `<sip:${number}@example.com?Replaces=${encodeURIComponent(replacesOf(second))}>`]
  }
}

function replacesOf({ callId, localTag, remoteTag }: Dialog): string {
  return formatReplaces({ callId, toTag: remoteTag, fromTag: localTag, earlyOnly: false })
}

function step(world: CallWorld, puppets: readonly Puppet[], pick: (bound: number) => number): void {
  const puppet = puppets[pick(puppets.length)]!
  const number = ['101', '102', '103'].filter(each => each !== puppet.phone.account.extension.number || pick(30) === 0)[
    pick(2)
  ]!
  switch (pick(20)) {
    case 0:
    case 1:
      return void puppet.call(number)
    case 2:
      if (pick(3) === 0) puppet.cancel()
      return
    case 3: {
      const other = puppets[pick(puppets.length)]!.dialogs[0]
      return void puppet.call(number, other === undefined ? [] : [['Replaces', replacesOf(other)]])
    }
    case 4:
    case 5:
    case 6:
      return void puppet.speak(puppets)
    case 7:
      if (pick(12) > 0) return
      world.bindings.remove(puppet.phone.flow.id)
      puppet.phone.reconnect()
      if (pick(4) > 0) world.register(puppet.phone)
      return
    case 8:
      world.records.broken = pick(12) === 0
      return
    case 9: {
      const bridge = world.media.opened[pick(Math.max(1, world.media.opened.length))]
      if (bridge === undefined || pick(8) > 0) return
      if (pick(2) === 0) world.calls.mediaFailed(bridge, 'a worker died')
      else world.calls.mediaSilent(bridge, pick(2) === 0 ? 'a' : 'b', 30_000)
      return
    }
    case 10:
      return void world.clock.advance([50, 50, 500, 500, 4_000, 33_000, 130_000, 900_000][pick(8)]!)
    default:
      return void puppet.answer()
  }
}

async function walk(seed: number): Promise<void> {
  const pick = generator(seed)
  const world = new CallWorld({ maximumCalls: 12 })
  const puppets = ['101', '102', '102', '103'].map(number => new Puppet(world.phone(number), pick))
  for (let i = 0; i < STEPS; i++) {
    step(world, puppets, pick)
    for (let turn = 0; turn < 3; turn++) await new Promise<void>(resolve => setImmediate(resolve))
    for (const puppet of puppets) puppet.read()
  }
  world.records.broken = false
  await world.calls.stop()
  // As long as a phone may think about a re-INVITE.
  await world.pass(60_000)
  const left = await world.leftovers()
  // A broken store and dead media are logged as what they are; nothing else is.
  const faults = world.failures.filter(text => / failed /.test(text))
  assert.deepEqual(faults, [])
  assert.deepEqual({ ...left, failures: 0 }, NOTHING_LEFT)
  const started = world.eventsOf('call.started').map(event => event.data.callId)
  const ended = world.eventsOf('call.ended').map(event => event.data.callId)
  assert.deepEqual([...ended].sort(), [...started].sort())
}

test(`${WALKS} random walks end with nothing left`, async () => {
  for (let seed = 1; seed <= WALKS; seed++) {
    try {
      await walk(seed)
    } catch (error) {
      throw new Error(`walk ${seed}: ${(error as Error).message}`, { cause: error })
    }
  }
})
