/** Where a list is read from: a file, an https address, or the batches of APIBAN. */
import { constants } from 'node:fs'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import type { Clock } from '../base/clock.ts'
import { fail, ok } from '../base/result.ts'
import { type FetchOptions, type FetchResult, fetchList, type Validators } from './fetch-list.ts'
import { MAXIMUM_OCTETS } from './parse-list.ts'
import type { ListSettings } from './types.ts'

export interface SourceOptions extends FetchOptions {
  readonly clock: Clock
}

/** A batch has 250 addresses, and eleven requests in two minutes are allowed. */
const BATCHES_AT_ONCE = 10
const BATCHES_PAUSE_MS = 125_000
const MOST_BATCHES = 60

export function readSourceOf(
  settings: ListSettings,
  validators: Validators,
  options: SourceOptions,
  closing: AbortSignal,
): Promise<FetchResult> {
  if (settings.from.startsWith('/')) return readLocal(settings.from)
  return settings.form === 'apiban'
    ? fetchBatches(settings, options, closing)
    : withKey(settings, url => fetchList(url, validators, options, closing))
}

async function readLocal(path: string): Promise<FetchResult> {
  try {
    // Nobody waits for a pipe that somebody put there.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const about = await file.stat()
      if (!about.isFile()) return fail({ detail: 'it is no ordinary file' })
      if (about.size > MAXIMUM_OCTETS) return fail({ detail: `it is larger than ${MAXIMUM_OCTETS / 2 ** 20} MB` })
      const octets = await readUpTo(file, about.size + 1)
      if (octets.length > about.size) return fail({ detail: 'it grows while it is read' })
      return ok({ kind: 'new', octets, isWhole: false, validators: {} })
    } finally {
      await file.close()
    }
  } catch (error) {
    return fail({ detail: `the file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})` })
  }
}

async function readUpTo(file: FileHandle, most: number): Promise<Buffer> {
  const octets = Buffer.alloc(most)
  let length = 0
  while (length < most) {
    const { bytesRead } = await file.read(octets, length, most - length, length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return octets.subarray(0, length)
}

async function withKey(
  { from, keyFile }: ListSettings,
  fetch: (url: string) => Promise<FetchResult>,
): Promise<FetchResult> {
  if (keyFile === undefined) return fetch(from)
  let key: string
  try {
    key = (await readFile(keyFile, 'latin1')).trim()
  } catch (error) {
    return fail({ detail: `the key file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})` })
  }
  if (!/^[A-Za-z0-9._~-]{4,256}$/.test(key)) return fail({ detail: 'the key file does not hold a key' })
  const result = await fetch(from.replaceAll('{key}', key))
  // An error of the connection may quote what was asked for.
  return result.ok ? result : fail({ ...result.error, detail: result.error.detail.replaceAll(key, '{key}') })
}

/** Oldest first, each batch with the ID that asks for the next, until there are no new ones: told by 400, or by an ID that stays. */
async function fetchBatches(
  settings: ListSettings,
  options: SourceOptions,
  closing: AbortSignal,
): Promise<FetchResult> {
  return withKey(settings, async url => {
    const addresses: unknown[] = []
    let id = ''
    for (let batch = 0; batch < MOST_BATCHES; batch++) {
      if (batch > 0 && batch % BATCHES_AT_ONCE === 0 && !(await pause(options.clock, BATCHES_PAUSE_MS, closing)))
        return fail({ detail: 'the system stops' })
      const result = await fetchList(id === '' ? url : `${url}/${id}`, {}, options, closing)
      if (!result.ok) {
        if (batch > 0 && result.error.status === 400) break
        return result
      }
      if (result.value.kind === 'same') return fail({ detail: 'the server answered 304 to what nobody asked' })
      const page = pageOf(result.value.octets)
      if (page === undefined) {
        // What is no batch is told by the parser in its own words.
        if (batch === 0) return result
        return fail({ detail: `batch ${batch + 1} is none` })
      }
      if (page.id === 'none') break
      addresses.push(...page.addresses)
      if (page.id === id || page.addresses.length === 0) break
      id = page.id
    }
    const octets = Buffer.from(JSON.stringify({ ipaddress: addresses, ID: id }))
    if (octets.length > MAXIMUM_OCTETS) return fail({ detail: `it is larger than ${MAXIMUM_OCTETS / 2 ** 20} MB` })
    return ok({ kind: 'new', octets, isWhole: true, validators: {} })
  })
}

const MOST_OF_A_BATCH = 10_000

function pageOf(octets: Buffer): { readonly addresses: readonly unknown[]; readonly id: string } | undefined {
  try {
    const value = JSON.parse(octets.toString('latin1')) as { ipaddress?: unknown; ID?: unknown } | null
    const { ipaddress, ID } = value ?? {}
    if (!Array.isArray(ipaddress) || ipaddress.length > MOST_OF_A_BATCH) return undefined
    if (typeof ID !== 'string' || !/^[A-Za-z0-9-]{1,40}$/.test(ID)) return undefined
    return { addresses: ipaddress, id: ID }
  } catch {
    return undefined
  }
}

function pause(clock: Clock, milliseconds: number, closing: AbortSignal): Promise<boolean> {
  if (closing.aborted) return Promise.resolve(false)
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const timer = clock.schedule(milliseconds, () => resolve(true))
  const stop = (): void => {
    timer.cancel()
    resolve(false)
  }
  closing.addEventListener('abort', stop, { once: true })
  return promise.finally(() => closing.removeEventListener('abort', stop))
}
