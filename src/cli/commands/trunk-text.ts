/** Trunks in words: what is encrypted towards them, whether they are there, what is wrong. */
import type { TrunkView } from '../../api/outside-operations.ts'
import type { CommandContext } from '../context.ts'
import { formatLines, type Line } from '../output/lines.ts'
import { type Cell, printable, type Style } from '../output/text.ts'
import { formatTime } from '../output/time.ts'

export function printTrunks(context: CommandContext, trunks: readonly TrunkView[], live: boolean): void {
  if (trunks.length === 0) {
    context.print(
      'There is no trunk yet: no call leaves, not even for help. Add one: ringfence trunk add NAME --host sip.example.net\n',
    )
    return
  }
  context.printTable(
    ['TRUNK', 'PURPOSE', 'PEER', 'ENCRYPTION', 'HEALTH', 'CALLS', 'PROBLEM'],
    trunks.map(trunk => [
      trunk.name,
      trunk.purpose,
      peerOf(trunk),
      encryptionCell(trunk),
      healthCell(trunk),
      trunk.live === null ? '?' : String(trunk.live.calls),
      { text: printable(trunk.live?.problem ?? ''), style: 'red' },
    ]),
  )
  if (!live) context.remark('No server runs: nobody knows whether they are up.\n')
}

export function printTrunk(context: CommandContext, trunk: TrunkView): void {
  context.print(formatLines([...identity(trunk), ...use(trunk), ...now(trunk)], context.paint))
}

function identity(trunk: TrunkView): readonly Line[] {
  const { certificateAuthority: authority, certificateNames, username } = trunk
  return [
    ['Trunk', trunk.name],
    ['Purpose', trunk.purpose === 'provider' ? 'provider: leads to the public network' : 'pbx: an exchange behind us'],
    ['State', trunk.state],
    ['Peer', peerOf(trunk)],
    ['Encryption', encryptionCell(trunk)],
    ['Certificate', trunk.transport === 'TLS' ? `for ${certificateNames.join(', ') || trunk.host}` : 'none: no TLS'],
    [
      'Authority',
      authority === null
        ? "the system's"
        : `${authority.subject}, until ${formatTime(authority.notAfter)}, SHA-256 ${authority.fingerprint}, and the system's`,
    ],
    ['Sources', trunk.sources.join(', ') || 'none: only what comes over our own connection'],
    ['Registers', trunk.register ? 'yes' : 'no'],
    [
      'User name',
      username === null ? 'none' : `${username}, ${trunk.hasPassword ? 'with a password' : 'without a password'}`,
    ],
    ['Domain', trunk.domain ?? trunk.host],
  ]
}

function use(trunk: TrunkView): readonly Line[] {
  return [
    ['Order', `priority ${trunk.priority}, weight ${trunk.weight}`],
    ['Limits', `${trunk.maximumCalls} calls at once, ${trunk.callsPerSecond} new ones per second`],
    ['Numbers', `written as ${trunk.numberFormat}`],
    ['Signs', trunk.signIdentity ? 'who calls (STIR/SHAKEN)' : 'nothing'],
  ]
}

function now(trunk: TrunkView): readonly Line[] {
  const { live } = trunk
  if (live === null) return [['Health', 'not known: no server runs']]
  return [
    ['Health', healthCell(trunk)],
    ...(live.problem === null ? [] : [['Problem', { text: live.problem, style: 'red' }] as const]),
    ...(live.remote === null ? [] : [['Connection', `${live.remote}, ${live.tls ?? 'NOT ENCRYPTED'}`] as const]),
    ...(live.registeredUntil === null ? [] : [['Registered', `until ${formatTime(live.registeredUntil)}`] as const]),
    ...(live.roundTrip === null ? [] : [['Round trip', `${Math.round(live.roundTrip)} ms`] as const]),
    ['Live calls', String(live.calls)],
  ]
}

function peerOf({ host, port }: TrunkView): string {
  if (port === null) return host
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** What may travel in clear is in plain sight. */
function encryptionCell({ transport, allowInsecureMedia }: TrunkView): Cell {
  if (transport === 'TLS' && !allowInsecureMedia) return { text: 'TLS and SRTP', style: 'green' }
  if (transport === 'TLS') return { text: 'TLS; media may be NOT ENCRYPTED', style: 'red' }
  const media = allowInsecureMedia ? 'media may be too' : 'SRTP'
  return { text: `signalling NOT ENCRYPTED (${transport}); ${media}`, style: 'red' }
}

const HEALTH_STYLES: Readonly<Record<'up' | 'down' | 'unknown', Style>> = {
  up: 'green',
  down: 'red',
  unknown: 'yellow',
}

function healthCell({ state, live }: TrunkView): Cell {
  if (state === 'disabled') return { text: 'disabled', style: 'dim' }
  if (live === null) return { text: '?' }
  return { text: live.health, style: HEALTH_STYLES[live.health] }
}
