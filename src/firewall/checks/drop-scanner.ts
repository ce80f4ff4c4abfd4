import { PASS } from '../types.ts'
import { mayBeForHelp } from './for-help.ts'
import { drop, type MessageCheck, UNPROVEN } from './types.ts'

export const dropScanner: MessageCheck = {
  id: 'dropScanner',
  description:
    'Messages that known attack tools send, by their User-Agent, names, Call-ID, branch or target. The signatures are data and can be replaced by a file.',
  standings: UNPROVEN,
  judge(message, { standing }, { signatures }) {
    if (message.kind === 'response' || mayBeForHelp(message, standing)) return PASS
    const signature = signatures.match(message)
    return signature === undefined ? PASS : drop('dropScanner', `${signature.tool} (signature ${signature.id})`)
  },
}
