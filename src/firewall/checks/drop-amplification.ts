import type { SipRequest } from '../../sip/message/types.ts'
import { PASS } from '../types.ts'
import { mayBeForHelp } from './for-help.ts'
import { drop, type MessageCheck, UNPROVEN } from './types.ts'

/** An answer copies these (RFC 3261 §8.2.6.2). */
const COPIED: ReadonlySet<string> = new Set(['Via', 'From', 'To', 'Call-ID', 'CSeq'])
/** What a challenge adds: status line, tag, received and rport, one WWW-Authenticate. */
const ADDED = 300
/** The request of a phone describes the phone, and is longer than the answer, or as long. */
const MOST = 2

export const dropAmplification: MessageCheck = {
  id: 'dropAmplification',
  description:
    'A datagram that would be answered by one of more than twice its length. Its source can be forged, and the answer then hits somebody else. A connection proves its source, and is not asked about.',
  standings: UNPROVEN,
  judge(message, { flow, standing }) {
    if (flow.reliable || message.kind === 'response' || message.method === 'ACK' || mayBeForHelp(message, standing))
      return PASS
    const { asked, answered } = lengths(message)
    if (answered <= asked * MOST) return PASS
    return drop('dropAmplification', `${answered} octets would answer ${asked}`)
  },
}

/** As its headers have their long names: a request in short ones counts for a little more than it has. */
function lengths({ method, requestUriText, headers, body }: SipRequest): { asked: number; answered: number } {
  let asked = method.length + requestUriText.length + 14 + body.length
  let answered = ADDED
  for (const { name, value } of headers) {
    const length = name.length + value.length + 4
    asked += length
    if (COPIED.has(name)) answered += length
  }
  return { asked, answered }
}
