/** Links that take one decision back: 256 random bits, of which only the hash is kept. */
import { createHash } from 'node:crypto'
import { randomToken } from '../../base/random.ts'
import type { DecisionTable, KeptDecision } from '../../guard/enforce/decision-table.ts'
import type { UndoLink } from '../types.ts'

export interface UndoLinks {
  /** A link for a decision that holds or closes something; undefined for others. The decision in the table changes: save it after. */
  offer(decisionId: string, at: number): UndoLink | undefined
  /** The decision that this text takes back now. */
  find(token: string, at: number): KeptDecision | undefined
}

const TOKEN_OCTETS = 32
const TOKEN = /^[A-Za-z0-9_-]{43}$/
const LONGEST_MS = 7 * 24 * 3_600_000
const UNDONE_BY_LINK = new Set(['suspend', 'block-destination'])

/** `base`: `https://HOST:PORT`. */
export function createUndoLinks(
  decisions: Pick<DecisionTable, 'get' | 'offerUndo' | 'offered'>,
  base: () => string,
): UndoLinks {
  return {
    offer(decisionId, at) {
      const decision = decisions.get(decisionId)
      if (decision === undefined || decision.mode !== 'on' || !UNDONE_BY_LINK.has(decision.response)) return undefined
      const token = randomToken(TOKEN_OCTETS)
      const until = Math.min(decision.expiresAt ?? Number.POSITIVE_INFINITY, at + LONGEST_MS)
      if (decisions.offerUndo(decisionId, { hash: hashOf(token), until }) === undefined) return undefined
      return { url: `${base()}/undo/${token}`, until }
    },
    find: (token, at) => (TOKEN.test(token) ? decisions.offered(hashOf(token), at) : undefined),
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token, 'latin1').digest('base64url')
}
