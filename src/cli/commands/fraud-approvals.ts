/** `ringfence fraud approvals|approve|deny`: calls that wait for somebody to say that they are wanted */
import type { Command } from 'commander'
import { LONGEST_TIME_SECONDS } from '../../api/fraud-schemas.ts'
import { accepted } from '../context.ts'
import { readSpan } from '../fraud-values.ts'
import { formatTime } from '../output/time.ts'
import { describeCommand, type Runner } from '../runner.ts'

export function approvalsCommand(runner: Runner): Command {
  return describeCommand('approvals', 'what waits for a yes or a no', [
    'fraud approvals',
    'fraud approvals --json',
  ]).action(
    runner.action(async context => {
      const waiting = await context.withOperations(async operations => accepted(await operations.fraudApprovals()))
      if (context.options.json) context.printJson(waiting)
      else if (waiting.length === 0) context.print('Nothing waits for an answer.\n')
      else {
        context.printTable(
          ['ID', 'SINCE', 'WHO', 'ASKS FOR', 'UNTIL', 'WHY'],
          waiting.map(({ id, at, payer, kind, value, expiresAt, reason }) => [
            id,
            formatTime(at),
            payer,
            `${kind} ${value}`,
            formatTime(expiresAt),
            reason,
          ]),
        )
        context.remark('Yes: ringfence fraud approve ID --for 30d. No: ringfence fraud deny ID\n')
      }
      return undefined
    }),
  )
}

export function approveCommand(runner: Runner): Command {
  return describeCommand('approve', 'allow what a decision asks for: a country, a network, a number, after hours', [
    'fraud approve ID',
    'fraud approve ID --for 8h',
  ])
    .argument('<id>', 'of the decision that waits')
    .option('--for <time>', 'how long it stays allowed: 8h, 30d', '30d')
    .action(
      runner.action<{ for: string }>(async (context, [id = ''], flags) => {
        const seconds = readSpan('--for', flags.for, LONGEST_TIME_SECONDS)
        const approved = await context.withOperations(async operations =>
          accepted(await operations.fraudApprove({ id, seconds })),
        )
        if (context.options.json) context.printJson(approved)
        else context.print(`Allowed until ${formatTime(approved.until)}.\n`)
        return undefined
      }),
    )
}

export function denyCommand(runner: Runner): Command {
  return describeCommand('deny', 'say no: the call stays refused, and the question is closed', ['fraud deny ID'])
    .argument('<id>', 'of the decision that waits')
    .action(
      runner.action(async (context, [id = '']) => {
        const denied = await context.withOperations(async operations => accepted(await operations.fraudDeny({ id })))
        if (context.options.json) context.printJson(denied)
        else context.print(`Denied. Where the phone is not trusted any more: ringfence extension suspend NUMBER\n`)
        return undefined
      }),
    )
}
