/** `ringfence firewall ban|unban|allow` */
import type { Command } from 'commander'
import type { SourceDecisionView } from '../../api/firewall-operations.ts'
import { type CommandContext, accepted } from '../context.ts'
import { readSpan } from '../fraud-values.ts'
import { countOf } from '../output/text.ts'
import { formatTime } from '../output/time.ts'
import { describeCommand, type Runner } from '../runner.ts'
import { printDecisions } from './firewall-decisions.ts'

const YEAR_SECONDS = 31_536_000
const TARGET = 'an address (IPv6: its /64), a network such as 198.51.100.0/24, AS64500, or country:XX'

interface OrderFlags {
  readonly for?: string
  readonly reason: string
  readonly evenRegistered?: boolean
}

export function banCommand(runner: Runner): Command {
  return describeCommand('ban', 'keep a source out; without --for until you take it back', [
    'firewall ban 198.51.100.7 --reason "scans us"',
    'firewall ban 198.51.100.0/24 --for 7d --reason "a scanner\'s network"',
    'firewall ban country:XX --reason "we have nobody there"',
  ])
    .argument('<target>', TARGET)
    .option('--for <time>', 'how long: 90m, 8h, 30d')
    .option('--reason <text>', 'why, for the log', 'by the operator')
    .option('--even-registered', 'also where phones of ours are registered from, or a trunk is')
    .action(
      runner.action<OrderFlags>(async (context, [target = ''], flags) => {
        const { reason, evenRegistered = false } = flags
        const input = { target, minutes: minutesOf(flags), reason, evenRegistered }
        const decision = await context.withOperations(async operations => accepted(await operations.firewallBan(input)))
        say(context, decision, 'Kept out')
        return undefined
      }),
    )
}

export function allowCommand(runner: Runner): Command {
  return describeCommand(
    'allow',
    'always let a source in, whatever rules and lists say; it still has to prove who it is',
    [
      'firewall allow 203.0.113.0/24 --reason "our second office"',
      'firewall allow 198.51.100.7 --for 1h --reason "a new phone is set up"',
    ],
  )
    .argument('<target>', TARGET)
    .option('--for <time>', 'how long: 90m, 8h, 30d')
    .option('--reason <text>', 'why, for the log', 'by the operator')
    .action(
      runner.action<OrderFlags>(async (context, [target = ''], flags) => {
        const input = { target, minutes: minutesOf(flags), reason: flags.reason }
        const decision = await context.withOperations(async operations =>
          accepted(await operations.firewallAllow(input)),
        )
        say(context, decision, 'Always let in')
        return undefined
      }),
    )
}

export function unbanCommand(runner: Runner): Command {
  return describeCommand(
    'unban',
    'take back what is in force about a source or an extension: bans, back-offs, allowances',
    ['firewall unban 198.51.100.7 --reason "it was our own phone"', 'firewall unban 101'],
  )
    .argument('<target>', `${TARGET}, an extension, a user name, or the id of a decision`)
    .option('--reason <text>', 'why, for the log', 'by the operator')
    .action(
      runner.action<{ reason: string }>(async (context, [target = ''], { reason }) => {
        const undone = await context.withOperations(async operations =>
          accepted(await operations.firewallUndo({ target, reason })),
        )
        if (context.options.json) context.printJson(undone)
        else {
          context.print(`Taken back: ${countOf(undone.length, 'decision')}.\n`)
          printDecisions(context, undone)
        }
        return undefined
      }),
    )
}

function minutesOf(flags: OrderFlags): number | null {
  return flags.for === undefined ? null : Math.ceil(readSpan('--for', flags.for, YEAR_SECONDS) / 60)
}

function say(context: CommandContext, decision: SourceDecisionView, what: string): void {
  if (context.options.json) context.printJson(decision)
  else {
    const { target, expiresAt } = decision
    const until = expiresAt === null ? 'until you take it back' : `until ${formatTime(expiresAt)}`
    context.print(`${what}: ${target}, ${until}.\n`)
  }
}
