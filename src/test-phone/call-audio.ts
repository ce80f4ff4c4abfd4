/** The audio of one call: a real session, or only an address in the SDP for a phone that does signalling alone. */
import type { Flow } from '../sip/transport/types.ts'
import { type AudioSession, openAudioSession } from './audio-session.ts'
import type { PhoneContext } from './phone-context.ts'
import { measureTone } from './tone.ts'

/** Where a phone without audio says that it listens: the discard port. */
const NOWHERE = 9

export async function openCallAudio(
  context: PhoneContext,
  flow: Flow,
  onDigit: (digit: string) => void,
): Promise<AudioSession> {
  const { options, endpoint } = context
  const address = options.audioAddress ?? flow.localAddress
  if (options.audio === false) return silentSession(address)
  return openAudioSession({
    address,
    clock: endpoint.clock,
    pacer: endpoint.pacer,
    onDigit,
    wrongKey: options.misbehaviour?.wrongKey === true,
    mute: options.misbehaviour?.mute === true,
    onPacketSent: options.onPacketSent,
  })
}

function silentSession(address: string): AudioSession {
  return {
    address,
    port: NOWHERE,
    remote: undefined,
    agree() {},
    speak() {},
    sendDigits() {},
    listen: async frequency => measureTone(new Int16Array(0), frequency),
    statistics: () => ({
      codec: undefined,
      suite: undefined,
      packetsSent: 0,
      packetsReceived: 0,
      packetsLost: 0,
      jitterMs: 0,
      roundTripMs: undefined,
      mos: undefined,
      packetsUnauthenticated: 0,
      packetsReplayed: 0,
    }),
    close() {},
  }
}
