/**
 * Which packet indices of one source were seen: the highest, and one bit for each of the last 128 (RFC 3711 §3.3.2 asks
 * for at least 64). Indices are 48-bit for SRTP, 31-bit for SRTCP.
 */

const WINDOW = 128
/** One word more than the window, so that a word is cleared before its bits mean anything (after RFC 6479). */
const WORDS = 8

export class ReplayWindow {
  /** The highest accepted index, or -1 before the first. */
  highest = -1
  readonly #bits = new Int32Array(WORDS)

  /** False for an index that was accepted before, or is too old to tell. Changes nothing. */
  admits(index: number): boolean {
    if (index > this.highest) return true
    if (index <= this.highest - WINDOW || index < 0) return false
    return (this.#bits[(index >>> 5) & (WORDS - 1)]! & (1 << (index & 31))) === 0
  }

  /** Marks `index` as seen; call it only after the packet's tag verified. */
  accept(index: number): void {
    if (index > this.highest) {
      const from = Math.floor(this.highest / 32)
      const steps = Math.min(Math.floor(index / 32) - from, WORDS)
      for (let step = 1; step <= steps; step++) this.#bits[(from + step) & (WORDS - 1)] = 0
      this.highest = index
    }
    this.#bits[(index >>> 5) & (WORDS - 1)]! |= 1 << (index & 31)
  }
}

/**
 * The 48-bit index of a packet with `sequence`, given the highest index so far (RFC 3711 §3.3.1 and appendix A): the
 * one that lies nearest. Before the first packet the roll-over counter is 0.
 */
export function estimateIndex(highest: number, sequence: number): number {
  if (highest < 0) return sequence
  const last = highest % 0x1_0000
  const base = highest - last
  if (last < 0x8000) {
    // Deviation: with a roll-over counter of 0 there is no earlier round, so a far jump is a jump ahead.
    return sequence - last > 0x8000 && base > 0 ? base - 0x1_0000 + sequence : base + sequence
  }
  return last - 0x8000 > sequence ? base + 0x1_0000 + sequence : base + sequence
}
