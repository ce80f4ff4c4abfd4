import { parseSdp } from '../../media/sdp/index.ts'
import { PASS } from '../types.ts'
import { mayBeForHelp } from './for-help.ts'
import { drop, type MessageCheck, UNPROVEN } from './types.ts'

export const dropMalformedSdp: MessageCheck = {
  id: 'dropMalformedSdp',
  description:
    'A session description that cannot be read, from whom has not proven anything yet: made to break what reads it later. Who was registered there lately is told so (488), and a call for help goes on.',
  standings: UNPROVEN,
  judge(message, { standing }) {
    if (message.kind === 'response' || message.body.length === 0 || message.contentType !== 'application/sdp')
      return PASS
    if (mayBeForHelp(message, standing)) return PASS
    const { buffer, byteOffset, byteLength } = message.body
    const parsed = parseSdp(Buffer.from(buffer, byteOffset, byteLength).toString('latin1'))
    if (parsed.ok) return PASS
    const reason = `a session description that cannot be read: ${parsed.error.code}`
    if (standing !== 'remembered') return drop('dropMalformedSdp', reason)
    return { kind: 'reject', status: 488, rule: 'dropMalformedSdp', reason }
  },
}
