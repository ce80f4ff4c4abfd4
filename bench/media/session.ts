/** The few words of SDP that the phones of the benchmark speak. */
import type { PlannedSide } from './plan.ts'

/** What a phone says: one audio stream with one key under `tag`. */
export function phoneSdp(side: PlannedSide, tag: number): string {
  return [
    'v=0',
    'o=phone 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${side.phonePort} RTP/SAVP 0`,
    `a=crypto:${tag} ${side.suite} inline:${side.phoneKey}`,
    'a=rtpmap:0 PCMU/8000',
    'a=ptime:20',
    '',
  ].join('\r\n')
}

/** Port and key of a relay's words for the suite that the phone speaks. */
export function legOf(sdp: string, suite: string): { port: number; relayKey: string; tag: number } {
  const port = /^m=audio (\d+)/m.exec(sdp)?.[1]
  const crypto = new RegExp(`^a=crypto:(\\d+) ${suite} inline:([A-Za-z0-9+/=]+)`, 'm').exec(sdp)
  if (port === undefined || crypto === null) throw new Error(`no ${suite} in:\n${sdp}`)
  return { port: Number(port), relayKey: crypto[2]!, tag: Number(crypto[1]) }
}
