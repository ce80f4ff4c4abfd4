/** `ringfence status` */
import type { Command } from 'commander'
import type { HeldState, SystemStatus } from '../../api/operations.ts'
import { type CommandContext, accepted } from '../context.ts'
import { requireServer } from '../live.ts'
import { countOf, type Painter, printable } from '../output/text.ts'
import { formatDuration, formatTime } from '../output/time.ts'
import { describeCommand, type Runner } from '../runner.ts'

const DAY_MS = 86_400_000
const CERTIFICATE_WARNING_DAYS = 14

export function registerStatus(program: Command, runner: Runner): void {
  program.addCommand(
    describeCommand('status', 'how the running server is', ['status', 'status --json']).action(
      runner.action(async context => {
        const status = await context.withOperations(async (operations, opened) => {
          requireServer(opened, context.options.data)
          return accepted(await operations.status())
        })
        if (context.options.json) context.printJson(status)
        else printStatus(context, status)
        return undefined
      }),
    ),
  )
}

function describeHeld(held: HeldState): string {
  const transactions = held.serverTransactions + held.clientTransactions
  const megabytes = Math.round(held.residentBytes / 1_000_000)
  return `${held.connections} connections, ${transactions} transactions, ${held.legs} call legs, ${held.bans} bans, ${megabytes} MB`
}

function describeCalls({ liveCalls, draining }: SystemStatus, now: number, paint: Painter): string {
  if (draining === null) return String(liveCalls)
  const left = formatDuration(Math.max(0, draining.endsAt - now))
  return `${liveCalls}, ${paint('yellow', `stopping: no new ones; those left are ended in ${left}`)}`
}

/** `2 up, 1 down (provider: no answer within 4 s)` */
function describeTrunks(trunks: SystemStatus['trunks'], paint: Painter): string {
  const enabled = trunks.filter(trunk => trunk.state === 'enabled')
  if (enabled.length === 0) return paint('yellow', 'none: no call leaves, not even for help')
  const parts = (['up', 'down', 'unknown'] as const).flatMap(health => {
    const those = enabled.filter(trunk => trunk.health === health)
    if (those.length === 0) return []
    const problems = those.flatMap(({ name, problem }) => (problem === null ? [] : [`${name}: ${printable(problem)}`]))
    const text = `${those.length} ${health}${problems.length === 0 ? '' : ` (${problems.join('; ')})`}`
    return [paint(health === 'up' ? 'green' : health === 'down' ? 'red' : 'yellow', text)]
  })
  const insecure = enabled.filter(trunk => trunk.weakened.length > 0).map(trunk => trunk.name)
  if (insecure.length > 0) parts.push(paint('red', `NOT ENCRYPTED: ${insecure.join(', ')}`))
  return parts.join(', ')
}

const UNKNOWN = 'not known now: paid calls are closed'

/** `3.20 of 50.00 EUR` */
function describeSpent(fraud: SystemStatus['fraud'], paint: Painter): string {
  if (fraud === null) return paint('red', UNKNOWN)
  const share = Number(fraud.capToday) > 0 ? Number(fraud.spentToday) / Number(fraud.capToday) : 1
  const text = `${fraud.spentToday} of ${fraud.capToday} ${fraud.currency}`
  return paint(share >= 1 ? 'red' : share >= 0.7 ? 'yellow' : 'green', text)
}

function describeFraud(fraud: SystemStatus['fraud'], paint: Painter): string {
  if (fraud === null) return paint('red', UNKNOWN)
  const { suspended, waiting } = fraud
  const parts = [
    ...(suspended.length === 0
      ? []
      : [paint('red', `SUSPENDED: ${suspended.map(each => printable(each)).join(', ')}`)]),
    ...(waiting === 0 ? [] : [paint('yellow', `${countOf(waiting, 'question')} for you: ringfence fraud approvals`)]),
  ]
  return parts.length === 0 ? paint('green', 'nobody is suspended, nothing waits') : parts.join('; ')
}

function describePrices(fraud: SystemStatus['fraud']): string {
  if (fraud === null) return UNKNOWN
  const { source, name, rates } = fraud.deck
  return source === 'imported' ? `${printable(name)}, ${rates} rates` : 'built-in: ringfence deck import FILE.csv'
}

function printStatus(context: CommandContext, status: SystemStatus): void {
  const { paint, ports } = context
  const now = ports.clock.now()
  const daysLeft = Math.floor((status.certificate.notAfter - now) / DAY_MS)
  const lines: readonly (readonly [string, string])[] = [
    ['Version', `${status.version} on Node.js ${status.node}`],
    ['Running for', `${formatDuration(now - status.startedAt)}, since ${formatTime(status.startedAt)}`],
    ['Domain', status.domain],
    [
      'Certificate',
      paint(
        daysLeft < CERTIFICATE_WARNING_DAYS ? 'yellow' : 'green',
        `${printable(status.certificate.subject)}, ${daysLeft} days left`,
      ),
    ],
    ['CA for phones', status.ca],
    ['Extensions', `${status.extensions}, with ${status.devices} devices, ${status.registrations} registered`],
    ['Live calls', describeCalls(status, now, paint)],
    ['Trunks', describeTrunks(status.trunks, paint)],
    ['Spent today', describeSpent(status.fraud, paint)],
    ['Toll fraud', describeFraud(status.fraud, paint)],
    ['Prices', describePrices(status.fraud)],
    ['Held', describeHeld(status.held)],
    ['Store', paint(status.store === 'available' ? 'green' : 'red', status.store)],
    ['Weakened', status.weakened.length === 0 ? paint('green', 'nothing') : paint('red', status.weakened.join('; '))],
  ]
  for (const [label, value] of lines) context.print(`${label.padEnd(14)}${value}\n`)
  context.print('\n')
  context.printTable(
    ['LISTENER', 'ADDRESS', 'PORT', 'NOTE'],
    status.listeners.map(({ transport, address, port, insecure, expiresAt, sources }) => [
      transport,
      address,
      String(port),
      insecure
        ? { text: `allowInsecure for ${sources.join(', ')} until ${formatTime(expiresAt)}`, style: 'red' as const }
        : 'encrypted',
    ]),
  )
}
