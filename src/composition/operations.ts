/** The operator's operations on a directory, a store and, where a server runs, its live state. */
import type {
  DeviceView,
  ExtensionView,
  LiveCall,
  OperationError,
  OperationResult,
  Operations,
  StopView,
  SystemStatus,
} from '../api/operations.ts'
import type { Result } from '../base/result.ts'
import type { CallRecordRepository } from '../call/call-record.ts'
import type { DirectoryService } from '../directory/directory-service.ts'
import type { Device, DirectoryRefusal, Extension } from '../directory/types.ts'
import type { EventBus } from '../events/bus.ts'
import type { EventLog, EventQuery, LoggedEvent } from '../events/event-log.ts'
import type { Actor } from '../events/system-events.ts'
import type { Binding, BindingLookup } from '../registrar/types.ts'

/** What only a running server can answer. */
export interface LiveState {
  readonly bindings: BindingLookup
  /** How the device last proved itself: `SHA-256`, `MD5`, `certificate`. */
  authenticationOf(device: Device): string | undefined
  liveCalls(): readonly LiveCall[]
  status(): SystemStatus
  /** Takes no new calls from now on, and stops when the live ones have ended, after `limitMs` at most. */
  drain(limitMs: number): StopView
  /** After the directory took something away: its registrations and calls go too. */
  deviceRemoved(device: Device): Promise<void>
}

export interface OperationsOptions {
  readonly directory: DirectoryService
  readonly calls: CallRecordRepository
  readonly log: EventLog
  readonly bus: EventBus
  readonly actor: Actor
  /** `sip:ADDRESS:PORT;transport=tls` that phones connect to. */
  readonly outboundProxy: string
  /** Path of the CA certificate that phones have to trust. */
  readonly ca: string
  /** Undefined in a command that runs without a server. */
  readonly live: LiveState | undefined
}

const MAXIMUM_WAIT_MS = 30_000
const MAXIMUM_ROWS = 1_000

export function createOperations(options: OperationsOptions): Operations {
  return {
    ...directoryOperations(options),
    async status() {
      return options.live === undefined ? needsServer('the status') : done(options.live.status())
    },
    async systemStop({ drainSeconds }) {
      return options.live === undefined ? needsServer('a stop') : done(options.live.drain(drainSeconds * 1_000))
    },
    async callsLive() {
      return options.live === undefined ? needsServer('the live calls') : done(options.live.liveCalls())
    },
    callsPast: ({ limit, before }) =>
      attempt(() => options.calls.list({ limit: bound(limit), ...(before === undefined ? {} : { before }) })),
    events: query => attempt(() => options.log.query({ ...query, limit: bound(query.limit) })),
    eventsFollow: query => attempt(() => follow(options, query)),
  }
}

type DirectoryOperations = Omit<
  Operations,
  'status' | 'systemStop' | 'callsLive' | 'callsPast' | 'events' | 'eventsFollow'
>

function directoryOperations(options: OperationsOptions): DirectoryOperations {
  const { directory, actor } = options
  const view = (extension: Extension): ExtensionView => extensionView(options, extension)
  return {
    extensionAdd: input => change(directory.addExtension(input, actor), view),
    async extensionList() {
      return done(directory.extensions(directory.primary.id).map(view))
    },
    extensionSuspend: input => change(directory.suspend(input, actor), view),
    extensionRestore: input => change(directory.restore(input, actor), view),
    extensionRemove: input =>
      change(directory.removeExtension(input, actor), async ({ extension, devices }) => {
        for (const device of devices) await options.live?.deviceRemoved(device)
        return { number: extension.number, devices: devices.length }
      }),
    deviceAdd: input =>
      change(directory.addDevice(input, actor), ({ device, password }) => ({
        username: device.username,
        domain: directory.primary.domain,
        password: password.reveal(),
        registrar: `sip:${directory.primary.domain}`,
        outboundProxy: options.outboundProxy,
        ca: options.ca,
      })),
    async deviceList({ extension: number }) {
      const all = directory.extensions(directory.primary.id)
      const chosen = number === undefined ? all : all.filter(extension => extension.number === number)
      if (number !== undefined && chosen.length === 0) return unknownExtension(number)
      return done(chosen.flatMap(each => directory.devicesOf(each.id).map(device => deviceView(options, each, device))))
    },
    deviceRemove: input =>
      change(directory.removeDevice(input, actor), async device => {
        await options.live?.deviceRemoved(device)
        return { username: device.username }
      }),
    deviceImport: input => change(directory.importDevices(input, actor), ({ imported }) => ({ imported })),
  }
}

function extensionView({ directory, live }: OperationsOptions, extension: Extension): ExtensionView {
  const bindings = live?.bindings.bindingsOf(extension.id) ?? []
  return {
    number: extension.number,
    name: extension.name,
    state: extension.state,
    suspendedReason: extension.suspendedReason ?? null,
    devices: directory.devicesOf(extension.id).length,
    registered: new Set(bindings.map(binding => binding.deviceId)).size,
  }
}

function deviceView({ live }: OperationsOptions, extension: Extension, device: Device): DeviceView {
  const binding: Binding | undefined = live?.bindings.bindingsOf(extension.id).find(each => each.deviceId === device.id)
  const authentication = binding === undefined ? null : (live?.authenticationOf(device) ?? null)
  return {
    extension: extension.number,
    username: device.username,
    label: device.label,
    registered: binding !== undefined,
    userAgent: binding?.userAgent ?? null,
    sourceAddress: binding?.sourceAddress ?? null,
    protocol: binding?.protocol ?? null,
    authentication,
    weaker: authentication === 'MD5',
    allowInsecureImportedSecret: device.allowInsecureImportedSecret,
    expiresAt: binding?.expiresAt ?? null,
  }
}

/** Waits until an event after `after` is durable, or the time is over. */
async function follow(
  { log, bus }: OperationsOptions,
  query: { readonly after: number; readonly types?: EventQuery['types']; readonly waitMs: number },
): Promise<readonly LoggedEvent[]> {
  const wanted = {
    after: query.after,
    limit: MAXIMUM_ROWS,
    ...(query.types === undefined ? {} : { types: query.types }),
  }
  const deadline = performance.now() + Math.min(Math.max(query.waitMs, 0), MAXIMUM_WAIT_MS)
  for (;;) {
    const found = await log.query(wanted)
    const left = deadline - performance.now()
    if (found.length > 0 || left <= 0) return found
    await nextEvent(bus, left)
  }
}

/** Resolves shortly after the next event (so that a burst is read at once), or after `timeoutMs`. */
function nextEvent(bus: EventBus, timeoutMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let settle: NodeJS.Timeout | undefined
  const limit = setTimeout(resolve, timeoutMs)
  const unsubscribe = bus.subscribe(() => {
    settle ??= setTimeout(resolve, 50)
  })
  return promise.finally(() => {
    clearTimeout(limit)
    clearTimeout(settle)
    unsubscribe()
  })
}

function bound(limit: number): number {
  return Math.min(Math.max(1, Math.trunc(limit)), MAXIMUM_ROWS)
}

function done<T>(value: T): OperationResult<T> {
  return { ok: true, value }
}

function refused<T>(error: OperationError): OperationResult<T> {
  return { ok: false, error }
}

function needsServer<T>(what: string): OperationResult<T> {
  const message = `${what} can be read only while the server runs; start it with: ringfence serve`
  return refused({ code: 'OPERATION_NEEDS_SERVER', message })
}

function unknownExtension<T>(number: string): OperationResult<T> {
  const message = `there is no extension ${number}; ringfence extension list shows those that exist`
  return refused({ code: 'DIRECTORY_EXTENSION_UNKNOWN', message })
}

async function attempt<T>(run: () => Promise<T>): Promise<OperationResult<T>> {
  try {
    return done(await run())
  } catch (error) {
    return refused(failure(error))
  }
}

async function change<A, B>(
  outcome: Promise<Result<A, DirectoryRefusal>>,
  present: (value: A) => B | Promise<B>,
): Promise<OperationResult<B>> {
  try {
    const result = await outcome
    return result.ok ? done(await present(result.value)) : refused(result.error)
  } catch (error) {
    return refused(failure(error))
  }
}

function failure(error: unknown): OperationError {
  const { code, message } = error as { readonly code?: unknown; readonly message?: string }
  const unavailable = typeof code === 'string' && code.startsWith('STORE_')
  return { code: unavailable ? 'STORE_UNAVAILABLE' : 'OPERATION_FAILED', message: message ?? String(error) }
}
