/** Every arrow of RFC 3261 figures 5 to 8, as RFC 6026 and RFC 4320 changed them; what has no arrow changes nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type InviteClientInput,
  type InviteClientName,
  startInviteClient,
  stepInviteClient,
} from './invite-client-machine.ts'
import {
  INVITE_SERVER_START,
  type InviteServerInput,
  type InviteServerName,
  stepInviteServer,
} from './invite-server-machine.ts'
import {
  type NonInviteClientInput,
  type NonInviteClientName,
  startNonInviteClient,
  stepNonInviteClient,
} from './non-invite-client-machine.ts'
import {
  NON_INVITE_SERVER_START,
  type NonInviteServerInput,
  type NonInviteServerState,
  stepNonInviteServer,
} from './non-invite-server-machine.ts'

const udp = { reliable: false, T1: 500, T2: 4_000 }
const tls = { ...udp, reliable: true }

interface Arrows {
  /** `state input` -> `next: actions`. All other pairs leave the state and do nothing. */
  readonly [from: string]: string
}

function check(
  arrows: Arrows,
  states: readonly string[],
  inputs: readonly string[],
  step: (state: string, input: string) => { readonly state: string; readonly actions: readonly string[] },
): void {
  const seen = new Set<string>()
  for (const state of states) {
    for (const input of inputs) {
      const from = `${state} ${input}`
      const { state: next, actions } = step(state, input)
      assert.equal(`${next}: ${actions.join(' ')}`.trim(), arrows[from] ?? `${state}:`, from)
      if (from in arrows) seen.add(from)
    }
  }
  assert.deepEqual(
    Object.keys(arrows).filter(from => !seen.has(from)),
    [],
  )
}

const inviteClientStates: InviteClientName[] = ['calling', 'proceeding', 'completed', 'accepted', 'terminated']
const inviteClientInputs: InviteClientInput[] = [
  '1xx',
  '2xx',
  '300-699',
  'timer-A',
  'timer-B',
  'timer-D',
  'timer-M',
  'transport-error',
]

test('INVITE client (figure 5, RFC 6026 §7.2) over UDP', () => {
  const arrows: Arrows = {
    'calling timer-A': 'calling: send-request start-A',
    'calling timer-B': 'terminated: stop-timers tell-timeout',
    'calling transport-error': 'terminated: stop-timers tell-transport-error',
    'calling 1xx': 'proceeding: stop-timers tell-provisional',
    'calling 2xx': 'accepted: stop-timers start-M tell-final',
    'calling 300-699': 'completed: stop-timers send-ack start-D tell-final',
    'proceeding 1xx': 'proceeding: tell-provisional',
    'proceeding 2xx': 'accepted: stop-timers start-M tell-final',
    'proceeding 300-699': 'completed: stop-timers send-ack start-D tell-final',
    'proceeding transport-error': 'terminated: stop-timers tell-transport-error',
    'completed 300-699': 'completed: send-ack',
    'completed timer-D': 'terminated: stop-timers',
    'completed transport-error': 'terminated: stop-timers',
    'accepted 2xx': 'accepted: tell-final',
    'accepted timer-M': 'terminated: stop-timers',
  }
  check(arrows, inviteClientStates, inviteClientInputs, (name, input) => {
    const step = stepInviteClient({ name: name as InviteClientName, interval: 500 }, input as InviteClientInput, udp)
    return { state: step.state.name, actions: step.actions }
  })
})

test('INVITE client starts with A and B over UDP, with B alone over TLS, and needs no Timer D there', () => {
  assert.deepEqual(startInviteClient(udp).actions, ['send-request', 'start-A', 'start-B'])
  assert.deepEqual(startInviteClient(tls).actions, ['send-request', 'start-B'])
  const step = stepInviteClient({ name: 'calling', interval: 500 }, '300-699', tls)
  assert.equal(step.state.name, 'terminated')
  assert.deepEqual(step.actions, ['stop-timers', 'send-ack', 'tell-final'])
})

test('Timer A doubles without a bound', () => {
  let { state } = startInviteClient(udp)
  const intervals = [state.interval]
  for (let i = 0; i < 6; i++) {
    state = stepInviteClient(state, 'timer-A', udp).state
    intervals.push(state.interval)
  }
  assert.deepEqual(intervals, [500, 1000, 2000, 4000, 8000, 16000, 32000])
})

test('non-INVITE client (figure 6)', () => {
  const states: NonInviteClientName[] = ['trying', 'proceeding', 'completed', 'terminated']
  const inputs: NonInviteClientInput[] = ['1xx', '200-699', 'timer-E', 'timer-F', 'timer-K', 'transport-error']
  const arrows: Arrows = {
    'trying timer-E': 'trying: send-request start-E',
    'trying timer-F': 'terminated: stop-timers tell-timeout',
    'trying transport-error': 'terminated: stop-timers tell-transport-error',
    'trying 1xx': 'proceeding: tell-provisional',
    'trying 200-699': 'completed: stop-timers start-K tell-final',
    'proceeding timer-E': 'proceeding: send-request start-E',
    'proceeding timer-F': 'terminated: stop-timers tell-timeout',
    'proceeding transport-error': 'terminated: stop-timers tell-transport-error',
    'proceeding 1xx': 'proceeding: tell-provisional',
    'proceeding 200-699': 'completed: stop-timers start-K tell-final',
    'completed timer-K': 'terminated: stop-timers',
  }
  check(arrows, states, inputs, (name, input) => {
    const state = { name: name as NonInviteClientName, interval: 500 }
    const step = stepNonInviteClient(state, input as NonInviteClientInput, udp)
    return { state: step.state.name, actions: step.actions }
  })
  assert.deepEqual(startNonInviteClient(udp).actions, ['send-request', 'start-E', 'start-F'])
  assert.deepEqual(startNonInviteClient(tls).actions, ['send-request', 'start-F'])
  const final = stepNonInviteClient({ name: 'trying', interval: 500 }, '200-699', tls)
  assert.deepEqual([final.state.name, final.actions], ['terminated', ['stop-timers', 'tell-final']])
})

test('Timer E doubles up to T2, and is T2 in proceeding', () => {
  let { state } = startNonInviteClient(udp)
  const intervals = [state.interval]
  for (let i = 0; i < 4; i++) {
    state = stepNonInviteClient(state, 'timer-E', udp).state
    intervals.push(state.interval)
  }
  assert.deepEqual(intervals, [500, 1000, 2000, 4000, 4000])
  const early = stepNonInviteClient(startNonInviteClient(udp).state, '1xx', udp)
  assert.equal(stepNonInviteClient(early.state, 'timer-E', udp).state.interval, 4000)
})

test('INVITE server (figure 7, RFC 6026 §7.1) over UDP', () => {
  const states: InviteServerName[] = ['proceeding', 'completed', 'confirmed', 'accepted', 'terminated']
  const inputs: InviteServerInput[] = [
    'request',
    'ack',
    'provisional',
    '2xx',
    '300-699',
    'timer-trying',
    'timer-G',
    'timer-H',
    'timer-I',
    'timer-L',
    'transport-error',
  ]
  const arrows: Arrows = {
    'proceeding request': 'proceeding: resend-response',
    'proceeding timer-trying': 'proceeding: send-trying',
    'proceeding provisional': 'proceeding: stop-timers send-response',
    'proceeding 2xx': 'accepted: stop-timers send-response start-L',
    'proceeding 300-699': 'completed: stop-timers send-response start-G start-H',
    'proceeding transport-error': 'terminated: stop-timers tell-transport-error',
    'completed request': 'completed: resend-response',
    'completed timer-G': 'completed: resend-response start-G',
    'completed ack': 'confirmed: stop-timers start-I',
    'completed timer-H': 'terminated: stop-timers tell-no-ack',
    'completed transport-error': 'terminated: stop-timers tell-transport-error',
    'confirmed timer-I': 'terminated: stop-timers',
    'accepted 2xx': 'accepted: send-response',
    'accepted ack': 'accepted: tell-ack',
    'accepted timer-L': 'terminated: stop-timers',
    'accepted transport-error': 'accepted: tell-transport-error',
  }
  check(arrows, states, inputs, (name, input) => {
    const step = stepInviteServer({ name: name as InviteServerName, interval: 500 }, input as InviteServerInput, udp)
    return { state: step.state.name, actions: step.actions }
  })
  assert.deepEqual(INVITE_SERVER_START.actions, ['start-trying'])
})

test('INVITE server over TLS: no Timer G, no Timer I', () => {
  const refused = stepInviteServer({ name: 'proceeding', interval: 0 }, '300-699', tls)
  assert.deepEqual(refused.actions, ['stop-timers', 'send-response', 'start-H'])
  const confirmed = stepInviteServer(refused.state, 'ack', tls)
  assert.deepEqual([confirmed.state.name, confirmed.actions], ['terminated', ['stop-timers']])
})

test('Timer G doubles up to T2', () => {
  let { state } = stepInviteServer({ name: 'proceeding', interval: 0 }, '300-699', udp)
  const intervals = [state.interval]
  for (let i = 0; i < 4; i++) {
    state = stepInviteServer(state, 'timer-G', udp).state
    intervals.push(state.interval)
  }
  assert.deepEqual(intervals, [500, 1000, 2000, 4000, 4000])
})

test('non-INVITE server (figure 8, RFC 4320)', () => {
  const states: NonInviteServerState[] = ['trying', 'proceeding', 'completed', 'terminated']
  const inputs: NonInviteServerInput[] = [
    'request',
    'provisional',
    'final',
    'timer-trying',
    'timer-expiry',
    'timer-J',
    'transport-error',
  ]
  const arrows: Arrows = {
    'trying provisional': 'proceeding: send-response',
    'trying final': 'completed: stop-timers send-response start-J',
    'trying timer-trying': 'proceeding: send-trying',
    'trying timer-expiry': 'terminated: stop-timers',
    'trying transport-error': 'terminated: stop-timers tell-transport-error',
    'proceeding request': 'proceeding: resend-response',
    'proceeding provisional': 'proceeding: send-response',
    'proceeding final': 'completed: stop-timers send-response start-J',
    'proceeding timer-expiry': 'terminated: stop-timers',
    'proceeding transport-error': 'terminated: stop-timers tell-transport-error',
    'completed request': 'completed: resend-response',
    'completed timer-J': 'terminated: stop-timers',
    'completed transport-error': 'terminated: stop-timers',
  }
  check(arrows, states, inputs, (state, input) =>
    stepNonInviteServer(state as NonInviteServerState, input as NonInviteServerInput, false),
  )
  assert.deepEqual(NON_INVITE_SERVER_START.actions, ['start-trying', 'start-expiry'])
  const final = stepNonInviteServer('trying', 'final', true)
  assert.deepEqual([final.state, final.actions], ['terminated', ['stop-timers', 'send-response']])
})
