import { ProvedNames } from '../../name-ledger.ts'
import type { SourceRule } from '../../types.ts'
import { Tallies } from '../../window.ts'

const THRESHOLDS = { failures: 60, windowSeconds: 600, failingSeconds: 60, connections: 2_000, minutes: 5 }

/** Our own limits, and phones that do not trust us: a wrong clock, an old list of authorities. */
const NOT_ITS_FAULT = /^too many |ALERT_(BAD_CERT|CERT|UNKNOWN_CA|UNSUPPORTED_CERT|NO_CERT)/

export const rule: SourceRule = {
  id: 'GUARD_TLS_ABUSE',
  title: 'Connections that come to nothing',
  description:
    'Counts handshakes of one address that failed or were left open, renegotiation among them, and connections that are opened by the thousand for minutes, while nobody proves anything from there. A phone that does not accept our certificate, such as one with a wrong clock, is not counted, and neither is what we refuse because we have too much to do.',
  thresholds: THRESHOLDS,
  sees: ['connected', 'handshake-failed', 'succeeded'],
  create(thresholds, remembered) {
    const { failures, windowSeconds, failingSeconds, connections, minutes } = { ...THRESHOLDS, ...thresholds }
    const failed = new Tallies(remembered, windowSeconds * 1000)
    const opened = new Tallies(remembered, windowSeconds * 1000)
    const proved = new ProvedNames(remembered)
    return {
      judge(observation) {
        const { kind, at, source } = observation
        const { key, spared, proven } = source
        if (kind === 'succeeded') {
          proved.note(key, observation.username, at)
          failed.forget(key)
          opened.forget(key)
          return undefined
        }
        if (spared || !proven || (kind !== 'connected' && kind !== 'handshake-failed')) return undefined
        if (kind === 'handshake-failed' && NOT_ITS_FAULT.test(observation.why)) return undefined
        const { count, since } = (kind === 'connected' ? opened : failed).add(key, at)
        const isFlood = kind === 'connected' && count >= connections && at - since >= minutes * 60_000
        // After a power cut a whole office waits for handshakes at once: before long its connections come to something.
        const isFailing =
          kind === 'handshake-failed' &&
          count >= failures &&
          at - since >= failingSeconds * 1000 &&
          2 * count >= (opened.get(key, at)?.count ?? 0)
        if ((!isFlood && !isFailing) || proved.count(key, at) > 0) return undefined
        return {
          target: { kind: 'address', value: key },
          action: 'ban',
          rule: rule.id,
          reason: isFlood
            ? `${connections} connections within ${windowSeconds / 60} minutes that came to nothing`
            : `${failures} failed handshakes within ${windowSeconds / 60} minutes`,
          evidence:
            kind === 'handshake-failed'
              ? { 'last failure': observation.why.slice(0, 64) }
              : { connections: String(count) },
        }
      },
    }
  },
}
