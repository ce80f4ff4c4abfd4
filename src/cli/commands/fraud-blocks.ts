/** `ringfence fraud block|unblock PREFIX`: destinations that are closed to the whole organisation */
import type { Command } from 'commander'
import { LONGEST_TIME_SECONDS } from '../../api/fraud-schemas.ts'
import { accepted } from '../context.ts'
import { readPrefix, readSpan } from '../fraud-values.ts'
import { formatTime } from '../output/time.ts'
import { describeCommand, type Runner } from '../runner.ts'

interface BlockFlags {
  readonly reason: string
  readonly for?: string
}

export function blockCommand(runner: Runner): Command {
  return describeCommand('block', 'close a destination to everybody in the organisation', [
    'fraud block +3706 --reason "premium numbers"',
    'fraud block +881 --reason "satellite phones" --for 7d',
  ])
    .argument('<prefix>', 'with its country code')
    .option('--reason <text>', 'why, for the log and for whoever is refused', 'by the operator')
    .option('--for <time>', 'for how long: 8h, 30d (default: until it is unblocked)')
    .action(
      runner.action<BlockFlags>(async (context, [text = ''], { reason, for: time }) => {
        const prefix = readPrefix('prefix', text)
        const seconds = time === undefined ? null : readSpan('--for', time, LONGEST_TIME_SECONDS)
        const block = await context.withOperations(async operations =>
          accepted(await operations.fraudBlock({ prefix, reason, seconds })),
        )
        if (context.options.json) context.printJson(block)
        else {
          const until = block.expiresAt === null ? '' : ` until ${formatTime(block.expiresAt)}`
          context.print(`+${block.prefix} is closed to everybody${until}.\n`)
        }
        return undefined
      }),
    )
}

export function unblockCommand(runner: Runner): Command {
  return describeCommand('unblock', 'open a destination again that was closed', ['fraud unblock +3706'])
    .argument('<prefix>', 'as it was closed')
    .option('--reason <text>', 'why, for the log', 'by the operator')
    .action(
      runner.action<{ reason: string }>(async (context, [text = ''], { reason }) => {
        const prefix = readPrefix('prefix', text)
        const opened = await context.withOperations(async operations =>
          accepted(await operations.fraudUnblock({ prefix, reason })),
        )
        if (context.options.json) context.printJson(opened)
        else context.print(`+${opened.prefix} is no longer closed by toll-fraud control.\n`)
        return undefined
      }),
    )
}
