/** Which transactions depend on which connection, so that its end finds them without a search. */
import type { Flow } from '../transport/types.ts'
import type { FlowDependent } from './host.ts'

export class FlowDependents {
  readonly #byFlow = new Map<string, Set<FlowDependent>>()
  readonly #guard: (run: () => void) => void

  /** `guard`: runs, and reports what is thrown, so that one dependent cannot keep it from the others. */
  constructor(guard: (run: () => void) => void) {
    this.#guard = guard
  }

  /** Connections with transactions. Bounded by the transactions. */
  get size(): number {
    return this.#byFlow.size
  }

  add(flow: Flow, dependent: FlowDependent): void {
    if (!flow.reliable) return
    const dependents = this.#byFlow.get(flow.id)
    if (dependents === undefined) this.#byFlow.set(flow.id, new Set([dependent]))
    else dependents.add(dependent)
  }

  remove(flow: Flow, dependent: FlowDependent): void {
    if (!flow.reliable) return
    const dependents = this.#byFlow.get(flow.id)
    if (dependents?.delete(dependent) === true && dependents.size === 0) this.#byFlow.delete(flow.id)
  }

  flowClosed(flow: Flow): void {
    const dependents = this.#byFlow.get(flow.id)
    if (dependents === undefined) return
    this.#byFlow.delete(flow.id)
    // The set is out of the map: nobody changes it any more.
    for (const dependent of dependents) this.#guard(() => dependent.onFlowClosed())
  }

  clear(): void {
    this.#byFlow.clear()
  }
}
