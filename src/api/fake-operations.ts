/** Operations for tests of what stands on them: a small directory in memory, no server, no store. */
import type { AlertTestView, AlertView } from './alert-operations.ts'
import type { CallMessages, CallQuality } from './trace-operations.ts'
import type { SearchView } from './search-operations.ts'
import { fakeSearchOperations } from './fake-searches.ts'
import { fakeAlertOperations } from './fake-alerts.ts'
import { fakeLogOperations } from './fake-log.ts'
import type { LoggedEvent } from '../events/event-log.ts'
import type { CallRecord } from '../call/call-record.ts'
import { createFakeDetections, type FakeDetections, fakeDetectionOperations } from './fake-detections.ts'
import { createFakeExports, type FakeExports, fakeExportOperations } from './fake-exports.ts'
import { createFakeFirewall, type FakeFirewall, fakeFirewallOperations } from './fake-firewall.ts'
import { createFakeFraud, type FakeFraud, fakeFraudOperations } from './fake-fraud.ts'
import { createFakePeople, type FakePeople, fakePeopleOperations } from './fake-people.ts'
import { createFakeOutside, type FakeOutside, fakeOutsideOperations } from './fake-outside.ts'
import type {
  DeviceView,
  ExtensionView,
  LiveCall,
  OperationError,
  OperationResult,
  Operations,
  SystemStatus,
} from './operations.ts'

export interface FakeState {
  readonly extensions: Map<string, ExtensionView>
  readonly devices: Map<string, DeviceView>
  status: SystemStatus
  live: readonly LiveCall[]
  past: readonly CallRecord[]
  log: LoggedEvent[]
  readonly outside: FakeOutside
  readonly fraud: FakeFraud
  readonly firewall: FakeFirewall
  readonly people: FakePeople
  readonly exports: FakeExports
  readonly detections: FakeDetections
  /** Names and inputs, in order. */
  alertTests: readonly AlertTestView[]
  alerts: readonly AlertView[]
  searches: readonly SearchView[]
  points: CallQuality['points']
  messages: CallMessages
  readonly asked: (readonly [name: string, input: unknown])[]
}

export interface FakeOperations {
  readonly operations: Operations
  readonly state: FakeState
}

const MOMENT = Date.UTC(2026, 10, 22, 12, 0, 0)

export const FAKE_STATUS: SystemStatus = {
  version: '0.1.0',
  node: 'v26.10.0',
  startedAt: MOMENT,
  domain: 'pbx.example.com',
  listeners: [
    { transport: 'TLS', address: '0.0.0.0', port: 5061, insecure: false, expiresAt: null, sources: [] },
    { transport: 'WSS', address: '0.0.0.0', port: 8443, insecure: false, expiresAt: null, sources: [] },
  ],
  certificate: {
    subject: 'pbx.example.com',
    names: ['pbx.example.com', '192.0.2.10'],
    notAfter: MOMENT + 90 * 86_400_000,
    fingerprint: 'AA:BB',
    issuer: 'CA of example.com',
  },
  ca: '/var/lib/ringfence/ca.pem',
  extensions: 0,
  devices: 0,
  registrations: 0,
  liveCalls: 0,
  trunks: [],
  fraud: null,
  draining: null,
  held: {
    connections: 2,
    handshakes: 0,
    udpFlows: 0,
    serverTransactions: 1,
    clientTransactions: 0,
    answeredRequests: 0,
    timers: 1,
    legs: 0,
    bridges: 0,
    bans: 0,
    heapBytes: 48_000_000,
    residentBytes: 150_000_000,
  },
  store: 'available',
  weakened: [],
}

export function createFakeOperations(): FakeOperations {
  const state: FakeState = {
    extensions: new Map(),
    devices: new Map(),
    status: FAKE_STATUS,
    live: [],
    past: [],
    log: [],
    outside: createFakeOutside(),
    fraud: createFakeFraud(),
    firewall: createFakeFirewall(),
    people: createFakePeople(),
    exports: createFakeExports(),
    detections: createFakeDetections(),
    alertTests: [],
    alerts: [],
    searches: [],
    points: [],
    messages: { legs: [], messages: [] },
    asked: [],
  }
  const note = (name: string, input: unknown): void => void state.asked.push([name, input])
  return {
    state,
    operations: {
      ...fakeExtensions(state, note),
      ...fakeDevices(state, note),
      ...fakeOutsideOperations(state.outside, note),
      ...fakeFraudOperations(state.fraud, note),
      ...fakeFirewallOperations(state.firewall, note),
      ...fakePeopleOperations(state.people, note),
      ...fakeExportOperations(state.exports, note),
      ...fakeDetectionOperations(state.detections, note),
      async status() {
        return done(state.status)
      },
      async systemStop(input) {
        note('systemStop', input)
        return done({ pid: 4711, liveCalls: state.status.liveCalls, endsAt: MOMENT + input.drainSeconds * 1_000 })
      },
      ...fakeLogOperations(() => state.log, note),
      ...fakeAlertOperations(state, note),
      ...fakeSearchOperations(state, note),
      async callsLive() {
        return done(state.live)
      },
      async callsPast(input) {
        note('callsPast', input)
        return done(state.past.slice(0, input.limit))
      },
      async callShow({ id }) {
        const found = state.past.find(each => each.id === id)
        return found === undefined ? refused('CALL_UNKNOWN', 'there is no such call') : done(found)
      },
      async callQuality({ id }) {
        const known = state.past.some(each => each.id === id)
        return known ? done({ points: state.points }) : refused('CALL_UNKNOWN', 'there is no such call')
      },
      async callMessages({ id }) {
        const known = state.past.some(each => each.id === id)
        return known ? done(state.messages) : refused('CALL_UNKNOWN', 'there is no such call')
      },
      async events(input) {
        note('events', input)
        return done(state.log.slice(-input.limit))
      },
      async eventsFollow(input) {
        note('eventsFollow', input)
        return done(state.log.filter(entry => entry.position > input.after))
      },
    },
  }
}

type Note = (name: string, input: unknown) => void

function fakeExtensions(state: FakeState, note: Note) {
  const known = (number: string): ExtensionView | undefined => state.extensions.get(number)
  const put = (view: ExtensionView): OperationResult<ExtensionView> => {
    state.extensions.set(view.number, view)
    return done(view)
  }
  return {
    async extensionAdd(input) {
      note('extensionAdd', input)
      const { number, name } = input
      if (known(number) !== undefined) {
        return refused('DIRECTORY_EXTENSION_EXISTS', `extension ${number} exists already`)
      }
      return put({ number, name, state: 'active', suspendedReason: null, devices: 0, registered: 0 })
    },
    async extensionList() {
      return done([...state.extensions.values()])
    },
    async extensionSuspend(input) {
      note('extensionSuspend', input)
      const view = known(input.number)
      return view === undefined
        ? unknown(input.number)
        : put({ ...view, state: 'suspended', suspendedReason: input.reason })
    },
    async extensionRestore(input) {
      note('extensionRestore', input)
      const view = known(input.number)
      return view === undefined ? unknown(input.number) : put({ ...view, state: 'active', suspendedReason: null })
    },
    async extensionRemove({ number }) {
      note('extensionRemove', { number })
      const view = known(number)
      if (view === undefined) return unknown(number)
      state.extensions.delete(number)
      return done({ number, devices: view.devices })
    },
  } satisfies Partial<Operations>
}

function fakeDevices(state: FakeState, note: Note) {
  return {
    async deviceAdd(input) {
      note('deviceAdd', input)
      if (!state.extensions.has(input.extension)) return unknown(input.extension)
      const username = `user${state.devices.size + 1}`
      state.devices.set(username, fakeDevice(input.extension, username, input.label ?? ''))
      return done({
        username,
        domain: 'pbx.example.com',
        password: 'correct-horse-battery',
        registrar: 'sip:pbx.example.com',
        outboundProxy: 'sip:192.0.2.10:5061;transport=tls',
        ca: '/var/lib/ringfence/ca.pem',
      })
    },
    async deviceList(input) {
      const devices = [...state.devices.values()]
      return done(input.extension === undefined ? devices : devices.filter(each => each.extension === input.extension))
    },
    async deviceRemove({ username }) {
      note('deviceRemove', { username })
      if (!state.devices.delete(username)) return refused('DIRECTORY_DEVICE_UNKNOWN', `there is no device ${username}`)
      return done({ username })
    },
    async deviceImport(input) {
      note('deviceImport', input)
      return done({ imported: input.devices.length })
    },
  } satisfies Partial<Operations>
}

function fakeDevice(extension: string, username: string, label: string): DeviceView {
  return {
    extension,
    username,
    label,
    registered: false,
    userAgent: null,
    sourceAddress: null,
    protocol: null,
    authentication: null,
    weaker: false,
    allowInsecureImportedSecret: false,
    expiresAt: null,
  }
}

function done<T>(value: T): OperationResult<T> {
  return { ok: true, value }
}

function refused(code: OperationError['code'], message: string): OperationResult<never> {
  return { ok: false, error: { code, message } }
}

function unknown(number: string): OperationResult<never> {
  return refused('DIRECTORY_EXTENSION_UNKNOWN', `there is no extension ${number}`)
}
