/** Signatures of attack tools: those that we ship, or a file of the operator, read anew when it changes. */
import { readFileSync, statSync } from 'node:fs'
import type { Timer } from '../base/clock.ts'
import {
  BUILT_IN_SIGNATURES,
  createSignatures,
  readSignatures,
  type Signatures,
  type SignatureSet,
} from '../firewall/signatures/signatures.ts'
import type { Core } from './core.ts'

const LOOK_MS = 60_000
const MAXIMUM_OCTETS = 4 * 1_048_576

export interface RunningSignatures extends Signatures {
  start(): void
  stop(): void
}

/** A file that is broken, or gone, changes nothing: what was read before stays, and it is said. */
export function createRunningSignatures({ clock, bus, configuration }: Core): RunningSignatures {
  const { signaturesFile } = configuration.firewall
  let current = createSignatures(BUILT_IN_SIGNATURES)
  let readAs: string | undefined
  let told: string | undefined
  let timer: Timer | undefined

  function read(path: string): void {
    try {
      const { mtimeMs, size } = statSync(path)
      if (`${mtimeMs} ${size}` === readAs) return
      readAs = `${mtimeMs} ${size}`
      const set = readFile(path, size)
      const before = current.count
      current = createSignatures(set)
      told = undefined
      const digest = `version ${set.version}`
      bus.publish('firewall.list-changed', { list: 'signatures', from: path, entries: current.count, before, digest })
    } catch (error) {
      const problem = (error as Error).message
      if (problem === told) return
      told = problem
      bus.publish('firewall.list-problem', { list: 'signatures', from: path, problem })
    }
  }

  function look(path: string): void {
    read(path)
    timer = clock.schedule(LOOK_MS, () => look(path))
  }

  return {
    get version() {
      return current.version
    },
    get count() {
      return current.count
    },
    match: request => current.match(request),
    start() {
      if (signaturesFile !== undefined) look(signaturesFile)
    },
    stop() {
      timer?.cancel()
    },
  }
}

/** Throws with what is wrong. */
function readFile(path: string, size: number): SignatureSet {
  if (size > MAXIMUM_OCTETS) throw new Error(`more than ${MAXIMUM_OCTETS} octets`)
  let document: unknown
  try {
    document = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new Error(`is no JSON: ${(error as Error).message}`, { cause: error })
  }
  const read = readSignatures(document)
  if ('problem' in read) throw new Error(read.problem)
  return read
}
