/** The way to the outside for tests of what stands on it: trunks, numbers and groups in memory, nothing checked but names. */
import type { OperationError, OperationResult } from './operations.ts'
import type {
  CallingView,
  DialView,
  ExtensionCallingView,
  GroupView,
  NumberView,
  OutsideOperations,
  TrunkView,
} from './outside-operations.ts'

type TrunkTestResult = Awaited<ReturnType<OutsideOperations['trunkTest']>>

export interface FakeOutside {
  readonly trunks: Map<string, TrunkView>
  readonly numbers: Map<string, NumberView>
  readonly groups: Map<string, GroupView>
  calling: CallingView
  extensionCalling: ExtensionCallingView
  trunkTest: TrunkTestResult
  dial: DialView
}

export const FAKE_TRUNK: TrunkView = {
  name: 'provider',
  host: 'sip.example.net',
  port: null,
  transport: 'TLS',
  purpose: 'provider',
  state: 'enabled',
  allowInsecureSignalling: false,
  allowInsecureMedia: false,
  sources: [],
  certificateNames: [],
  register: false,
  username: null,
  domain: null,
  priority: 10,
  weight: 10,
  maximumCalls: 30,
  callsPerSecond: 5,
  numberFormat: '+e164',
  signIdentity: false,
  hasPassword: false,
  certificateAuthority: null,
  weakened: [],
  live: null,
}

export function createFakeOutside(): FakeOutside {
  return {
    trunks: new Map(),
    numbers: new Map(),
    groups: new Map(),
    calling: {
      country: 'DE',
      outsidePrefix: null,
      areaCode: null,
      openCountries: ['DE'],
      openClasses: [],
      defaultCallerId: null,
      timeZone: 'Europe/Berlin',
      hours: [],
      holidays: [],
      offNetForwarding: false,
      emergencyLocation: null,
      emergencyLocationText: null,
      emergencyNotify: [],
    },
    extensionCalling: {
      extension: '101',
      callerId: null,
      privacy: false,
      doNotDisturb: false,
      forwardAlways: null,
      forwardBusy: null,
      forwardNoAnswer: null,
      forwardUnreachable: null,
      noAnswerSeconds: 20,
      anonymous: 'accept',
      maximumCalls: 0,
      emergencyLocationText: null,
    },
    trunkTest: { ok: true, value: { ok: true, steps: [{ step: 'resolved', ok: true, detail: '192.0.2.20' }] } },
    dial: {
      e164: '+493012345678',
      class: 'ordinary',
      verdict: 'allowed',
      route: ['provider'],
      callerId: '+493098765',
      reason: 'an ordinary number in DE',
    },
  }
}

type Note = (name: string, input: unknown) => void

export function fakeOutsideOperations(state: FakeOutside, note: Note): OutsideOperations {
  return {
    ...fakeTrunks(state, note),
    ...fakeNumbers(state, note),
    ...fakeGroups(state, note),
    ...fakeCalling(state, note),
  }
}

function fakeTrunks(state: FakeOutside, note: Note) {
  const known = (name: string): OperationResult<TrunkView> => {
    const view = state.trunks.get(name)
    return view === undefined ? refused('OPERATION_INVALID', `there is no trunk ${name}`) : done(view)
  }
  const put = (view: TrunkView): OperationResult<TrunkView> => {
    state.trunks.set(view.name, view)
    return done(view)
  }
  return {
    async trunkAdd(input) {
      note('trunkAdd', input)
      const { password, certificateAuthority: _authority, ...settings } = input
      return put({ ...FAKE_TRUNK, ...settings, hasPassword: password != null })
    },
    async trunkList() {
      return done([...state.trunks.values()])
    },
    trunkShow: async ({ name }) => known(name),
    async trunkChange(input) {
      note('trunkChange', input)
      const before = known(input.name)
      if (!before.ok) return before
      const { password, certificateAuthority: _authority, ...settings } = input
      const hasPassword = password === undefined ? before.value.hasPassword : password !== null
      return put({ ...before.value, ...settings, hasPassword })
    },
    async trunkTest(input) {
      note('trunkTest', input)
      return state.trunkTest
    },
    async trunkRemove({ name }) {
      note('trunkRemove', { name })
      const found = known(name)
      if (!found.ok) return found
      state.trunks.delete(name)
      return done({ name })
    },
  } satisfies Partial<OutsideOperations>
}

function fakeNumbers(state: FakeOutside, note: Note) {
  return {
    async numberAdd(input) {
      note('numberAdd', input)
      const view: NumberView = { label: '', afterHours: null, anonymous: 'accept', ...input }
      state.numbers.set(view.e164, view)
      return done(view)
    },
    async numberList() {
      return done([...state.numbers.values()])
    },
    async numberRoute(input) {
      note('numberRoute', input)
      const before = state.numbers.get(input.e164)
      if (before === undefined) return refused('OPERATION_INVALID', `there is no number ${input.e164}`)
      state.numbers.set(input.e164, { ...before, ...input })
      return done({ ...before, ...input })
    },
    async numberRemove({ e164 }) {
      note('numberRemove', { e164 })
      if (!state.numbers.delete(e164)) return refused('OPERATION_INVALID', `there is no number ${e164}`)
      return done({ e164 })
    },
  } satisfies Partial<OutsideOperations>
}

function fakeGroups(state: FakeOutside, note: Note) {
  return {
    async groupAdd(input) {
      note('groupAdd', input)
      const view: GroupView = { name: input.number, strategy: 'all', stepSeconds: 20, otherwise: null, ...input }
      state.groups.set(view.number, view)
      return done(view)
    },
    async groupList() {
      return done([...state.groups.values()])
    },
    async groupChange(input) {
      note('groupChange', input)
      const before = state.groups.get(input.number)
      if (before === undefined) return refused('OPERATION_INVALID', `there is no group ${input.number}`)
      state.groups.set(input.number, { ...before, ...input })
      return done({ ...before, ...input })
    },
    async groupRemove({ number }) {
      note('groupRemove', { number })
      if (!state.groups.delete(number)) return refused('OPERATION_INVALID', `there is no group ${number}`)
      return done({ number })
    },
  } satisfies Partial<OutsideOperations>
}

function fakeCalling(state: FakeOutside, note: Note) {
  return {
    async callingShow() {
      return done(state.calling)
    },
    async callingChange(input) {
      note('callingChange', input)
      state.calling = { ...state.calling, ...input }
      return done(state.calling)
    },
    async extensionCallingShow({ extension }) {
      return done({ ...state.extensionCalling, extension })
    },
    async extensionCallingChange(input) {
      note('extensionCallingChange', input)
      state.extensionCalling = { ...state.extensionCalling, ...input }
      return done(state.extensionCalling)
    },
    async dialDryRun(input) {
      note('dialDryRun', input)
      return done(state.dial)
    },
  } satisfies Partial<OutsideOperations>
}

function done<T>(value: T): OperationResult<T> {
  return { ok: true, value }
}

function refused(code: OperationError['code'], message: string): OperationResult<never> {
  return { ok: false, error: { code, message } }
}
