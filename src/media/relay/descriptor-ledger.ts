/**
 * Which descriptors a worker thread has open: they belong to the process, and nobody else closes them when the thread dies.
 * Both threads see it; the main thread reads it once the worker is gone.
 */
import { closeSync } from 'node:fs'

/** Sockets of one worker, at most. */
const CAPACITY = 65_536

export class DescriptorLedger {
  readonly memory: SharedArrayBuffer
  readonly #descriptors: Int32Array

  /** `memory`: of the ledger that the other thread made. */
  constructor(memory = new SharedArrayBuffer(CAPACITY * 4)) {
    this.memory = memory
    this.#descriptors = new Int32Array(memory)
  }

  get capacity(): number {
    return this.#descriptors.length
  }

  enter(index: number, descriptor: number): void {
    Atomics.store(this.#descriptors, index, descriptor + 1)
  }

  /** Before the descriptor is closed: its number may be somebody else's a moment later. False when it was not there. */
  leave(index: number): boolean {
    return Atomics.exchange(this.#descriptors, index, 0) !== 0
  }

  /** Closes what a dead thread left open. */
  closeAll(): void {
    for (let index = 0; index < this.#descriptors.length; index++) {
      const descriptor = Atomics.exchange(this.#descriptors, index, 0) - 1
      if (descriptor < 0) continue
      try {
        closeSync(descriptor)
      } catch {
        // closed already: the thread died between the two steps of opening it
      }
    }
  }
}
