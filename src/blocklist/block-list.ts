/** One list while the system runs: read, kept, read again; what was good stays in force until something good replaces it. */
import type { Timer } from '../base/clock.ts'
import { randomInteger } from '../base/random.ts'
import type { Acceptable } from './acceptable.ts'
import type { FetchFailure, Validators } from './fetch-list.ts'
import { digestOf, type KeptCopy, loadCopy, saveCopy } from './kept-copy.ts'
import { readSourceOf, type SourceOptions } from './list-source.ts'
import type { NetworkIndex } from './network-index.ts'
import { type ParsedList, parseListInSteps } from './parse-list.ts'
import type { ListSettings, ListStatus } from './types.ts'

export interface BlockListOptions extends SourceOptions {
  readonly settings: ListSettings
  /** Where copies are kept. */
  readonly folder: string
  readonly acceptable: Acceptable
  /** Other networks are in force; `before`: how many were. */
  readonly onChanged?: ((status: ListStatus, before: number) => void) | undefined
  /** Why it could not be read; once until it changes or is over. */
  readonly onProblem?: ((status: ListStatus) => void) | undefined
}

export interface BlockList {
  readonly settings: ListSettings
  readonly mode: 'on' | 'dry-run'
  /** Replaced as a whole. */
  readonly index: NetworkIndex | undefined
  status(): ListStatus
  refresh(force: boolean): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

/** Milliseconds: after the first failure; doubled after each further one, up to the longest or the refresh. */
const FIRST_PAUSE = 60_000
const LONGEST_PAUSE = 6 * 3_600_000
/** A start asks for nothing at once that was read lately: ten restarts are no reason for a publisher to ban us. */
const START_SPREAD = 60_000
const LONGEST_TIMER = 2 ** 31 - 1
/** Below this many networks a list may change as it likes. */
const FEW = 20
const MANY = 5_000
const MANY_ADDRESSES = 2 ** 24

interface InForce extends ParsedList {
  readonly digest: string
  readonly readAt: number
  readonly validators: Validators
}

export function createBlockList(options: BlockListOptions): BlockList {
  const { settings, folder, clock, acceptable } = options
  const refreshMs = (settings.refreshSeconds ?? 86_400) * 1_000
  const mode = settings.mode ?? 'on'
  const isLocal = settings.from.startsWith('/')
  const closing = new AbortController()
  let inForce: InForce | undefined
  let problem: string | undefined
  let toldProblem: string | undefined
  let failures = 0
  let nextAt: number | undefined
  let timer: Timer | undefined
  let underWay: { readonly over: Promise<void>; readonly force: boolean } | undefined

  function status(): ListStatus {
    const { index, skipped = 0, remark, digest, readAt } = inForce ?? {}
    const isOld = readAt === undefined ? problem !== undefined : clock.now() - readAt > 3 * refreshMs
    const { name, from, form } = settings
    const entries = index?.size ?? 0
    return { name, from, form, mode, entries, skipped, remark, digest, readAt, nextAt, isStale: isOld, problem }
  }

  function plan(delay: number): void {
    timer?.cancel()
    if (closing.signal.aborted) return
    const wait = Math.min(LONGEST_TIMER, Math.max(0, Math.round(delay)))
    nextAt = clock.now() + wait
    timer = clock.schedule(wait, () => void refresh(false))
  }

  function has(text: string | undefined): void {
    problem = text
    if (text === toldProblem) return
    toldProblem = text
    if (text !== undefined) options.onProblem?.(status())
  }

  function failed({ detail, retryAfterMs = 0 }: FetchFailure): void {
    const pause = Math.min(refreshMs, LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(20, failures++))
    plan(Math.max(retryAfterMs, jittered(pause)))
    has(detail)
  }

  async function keep(copy: KeptCopy): Promise<void> {
    failures = 0
    const kept = await saveCopy(folder, settings, copy).then(
      () => undefined,
      (error: unknown) => (error as NodeJS.ErrnoException).code ?? 'unknown',
    )
    // Last: a timer that fires while this is under way would plan nothing.
    plan(jittered(refreshMs))
    has(kept === undefined ? undefined : `it is in force, but no copy of it could be written (${kept})`)
  }

  async function readOnce(force: boolean): Promise<void> {
    const asked = force || inForce === undefined ? {} : inForce.validators
    const result = await readSourceOf(settings, asked, options, closing.signal)
    if (closing.signal.aborted) return
    if (!result.ok) return failed(result.error)
    if (result.value.kind === 'same') return sameAsBefore()
    const { octets, isWhole, validators } = result.value
    const digest = digestOf(octets)
    const parsed = await parseListInSteps(settings.form, octets, { acceptable, isWhole })
    if (closing.signal.aborted) return
    if (!parsed.ok) return failed({ detail: parsed.error })
    const absurd = force || inForce === undefined ? undefined : absurdChange(inForce.index, parsed.value.index)
    if (absurd !== undefined) return failed({ detail: absurd })
    const before = inForce
    const readAt = clock.now()
    inForce = { ...parsed.value, digest, readAt, validators }
    if (before?.digest !== digest) options.onChanged?.(status(), before?.index.size ?? 0)
    await keep({ octets, digest, isWhole, readAt, validators })
  }

  async function sameAsBefore(): Promise<void> {
    if (inForce === undefined) return failed({ detail: 'the server says that nothing changed, but nothing was read' })
    const readAt = clock.now()
    inForce = { ...inForce, readAt }
    const copy = await loadCopy(folder, settings)
    if (copy !== undefined) return keep({ ...copy, readAt })
    failures = 0
    plan(jittered(refreshMs))
    has('it is in force, but its copy was lost')
    // Without a copy nothing is the same as it.
    inForce = { ...inForce, validators: {} }
  }

  /** One after another; who asks while one is under way gets that one. */
  function refresh(force: boolean): Promise<void> {
    if (closing.signal.aborted) return Promise.resolve()
    if (underWay !== undefined && (underWay.force || !force)) return underWay.over
    const before = underWay?.over ?? Promise.resolve()
    timer?.cancel()
    const over = before
      .then(() => readOnce(force))
      .catch((error: unknown) => failed({ detail: `it could not be read: ${String(error).slice(0, 200)}` }))
      .finally(() => {
        if (underWay?.over === over) underWay = undefined
      })
    underWay = { over, force }
    return over
  }

  async function takeKept(): Promise<void> {
    const copy = await loadCopy(folder, settings)
    if (copy === undefined) return
    const parsed = await parseListInSteps(settings.form, copy.octets, { acceptable, isWhole: copy.isWhole })
    if (!parsed.ok) return
    const { digest, validators } = copy
    inForce = { ...parsed.value, digest, validators, readAt: Math.min(copy.readAt, clock.now()) }
    options.onChanged?.(status(), 0)
  }

  return {
    settings,
    mode,
    get index() {
      return inForce?.index
    },
    status,
    refresh,
    async start() {
      await takeKept()
      if (isLocal) return refresh(false)
      if (inForce === undefined) void refresh(false)
      else plan(Math.max(inForce.readAt + jittered(refreshMs) - clock.now(), randomInteger(START_SPREAD)))
    },
    async stop() {
      closing.abort()
      timer?.cancel()
      await underWay?.over
    },
  }
}

/** A tenth more or less, so that not all who started together ask together. */
function jittered(delay: number): number {
  return delay * (0.9 + randomInteger(2_001) / 10_000)
}

function absurdChange(before: NetworkIndex, after: NetworkIndex): string | undefined {
  const change = `${after.size} networks where ${before.size} were`
  if (before.size >= FEW && after.size * 10 < before.size) return `nine tenths of it are gone: ${change}`
  if (after.size > MANY && after.size > before.size * 10) return `it has grown tenfold: ${change}`
  if (after.addresses > MANY_ADDRESSES && after.addresses > before.addresses * 10)
    return 'it covers ten times as many addresses as before'
  return undefined
}
