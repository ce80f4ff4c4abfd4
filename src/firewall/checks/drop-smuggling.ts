import { PASS } from '../types.ts'
import { mayBeForHelp } from './for-help.ts'
import { drop, type MessageCheck, UNPROVEN } from './types.ts'

/** Headers that have one value (RFC 3261 §7.3.1); the parser refuses two of those that it reads. */
const SINGLE = new Set([
  'From',
  'To',
  'Call-ID',
  'CSeq',
  'Max-Forwards',
  'Content-Length',
  'Content-Type',
  'Content-Encoding',
  'Expires',
  'User-Agent',
  'Server',
])

export const dropSmuggling: MessageCheck = {
  id: 'dropSmuggling',
  description:
    'A header that has one value and comes twice, or a header whose name or value hides another one: two hops would read two different messages.',
  standings: UNPROVEN,
  judge(message, { standing }) {
    if (message.kind === 'response' || mayBeForHelp(message, standing)) return PASS
    const seen = new Set<string>()
    for (const { name, value } of message.headers) {
      if (SINGLE.has(name)) {
        if (seen.has(name)) return drop('dropSmuggling', `${name} comes twice`)
        seen.add(name)
      }
      if (HIDDEN_LINE.test(value)) return drop('dropSmuggling', `${name.slice(0, 32)} hides a line`)
    }
    return PASS
  },
}

/** A line end that is escaped, or one that only some readers take for one: NUL, VT, FF, NEL in UTF-8, LINE SEPARATOR in UTF-8. */
const HIDDEN_LINE = /%0[ad]|[\0\v\f]|\xc2\x85|\xe2\x80[\xa8\xa9]/i
