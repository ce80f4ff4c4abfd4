/** Which networks of a list are taken: none so wide that half the world is on it, and none of ours. */
import { SPECIAL_NETWORKS } from '../base/special-networks.ts'
import { createNetworkCollector, type NetworkIndex, readNetwork, type Words } from './network-index.ts'

/** What no honest list names: a wider network is a mistake or an attack, and nothing else in that list is believed either. */
const WIDEST_IPV4 = 8
const WIDEST_IPV6 = 19
/** Of all IPv4 addresses, an eighth: more than any list has, and less than what would hurt most. */
export const MOST_ADDRESSES = 2 ** 29
/** 2000::/3: what is given out of IPv6 at all. */
const PUBLIC_IPV6 = 1

export type Acceptance = 'taken' | 'not-public' | 'own' | 'too-wide'

export interface Acceptable {
  of(words: Words, length: number): Acceptance
  /** May be found at all: public, and not ours. */
  isBannable(words: Words): boolean
}

const special = indexOf(SPECIAL_NETWORKS)

export function createAcceptable(ownNetworks: readonly string[]): Acceptable {
  const own = indexOf(ownNetworks)
  return {
    of(words, length) {
      if (isWithinSpecial(words, length)) return 'not-public'
      if (length < (words.family === 4 ? WIDEST_IPV4 : WIDEST_IPV6)) return 'too-wide'
      return own.touches(words, length) ? 'own' : 'taken'
    },
    isBannable: words =>
      special.find(words) < 0 && own.find(words) < 0 && (words.family === 4 || words.high >>> 29 === PUBLIC_IPV6),
  }
}

function indexOf(texts: readonly string[]): NetworkIndex {
  const collector = createNetworkCollector()
  for (const text of texts) {
    const words: Words = { family: 4, high: 0, low: 0 }
    const length = readNetwork(text, words)
    if (length < 0) throw new RangeError(`${text} is no network`)
    collector.add(words, length)
  }
  return collector.finish()
}

function isWithinSpecial(words: Words, length: number): boolean {
  const found = special.find(words)
  if (found >= 0 && special.lengthOf(found) <= length) return true
  return words.family === 6 && length >= 3 && words.high >>> 29 !== PUBLIC_IPV6
}
