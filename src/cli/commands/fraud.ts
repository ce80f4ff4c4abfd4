/** `ringfence fraud …`: what watches calls to the outside, what it decided, and what a person answers */
import type { Command } from 'commander'
import type { FraudStatusView } from '../../api/fraud-operations.ts'
import { type CommandContext, accepted } from '../context.ts'
import { formatLines, type Line } from '../output/lines.ts'
import { countOf } from '../output/text.ts'
import { formatTime } from '../output/time.ts'
import { describeCommand, type Runner } from '../runner.ts'
import { approvalsCommand, approveCommand, denyCommand } from './fraud-approvals.ts'
import { blockCommand, unblockCommand } from './fraud-blocks.ts'
import { decisionsCommand, explainCommand, undoCommand } from './fraud-decisions.ts'
import { policyCommand } from './fraud-policy.ts'
import { replayCommand } from './fraud-replay.ts'
import { ruleCommand, rulesCommand } from './fraud-rules.ts'
import { simulateCommand } from './fraud-simulate.ts'

export function registerFraud(program: Command, runner: Runner): void {
  const fraud = describeCommand('fraud', 'toll fraud: what was spent, what fired, what was decided, what waits', [
    'fraud status',
    'fraud decisions',
    'fraud undo ID --reason "it was us"',
  ])
  fraud.addCommand(statusCommand(runner))
  fraud.addCommand(rulesCommand(runner))
  fraud.addCommand(ruleCommand(runner))
  fraud.addCommand(decisionsCommand(runner))
  fraud.addCommand(explainCommand(runner))
  fraud.addCommand(undoCommand(runner))
  fraud.addCommand(approvalsCommand(runner))
  fraud.addCommand(approveCommand(runner))
  fraud.addCommand(denyCommand(runner))
  fraud.addCommand(blockCommand(runner))
  fraud.addCommand(unblockCommand(runner))
  fraud.addCommand(policyCommand(runner))
  fraud.addCommand(replayCommand(runner))
  fraud.addCommand(simulateCommand(runner))
  program.addCommand(fraud)
}

function statusCommand(runner: Runner): Command {
  return describeCommand('status', 'money spent and prevented today, rules that fired, what waits for a person', [
    'fraud status',
    'fraud status --json',
  ]).action(
    runner.action(async context => {
      const status = await context.withOperations(async operations => accepted(await operations.fraudStatus()))
      if (context.options.json) context.printJson(status)
      else print(context, status)
      return undefined
    }),
  )
}

function print(context: CommandContext, status: FraudStatusView): void {
  const { currency, suspended, waiting, preventedToday, stoppedToday, deck } = status
  const prevented = preventedToday === null ? '' : `; an hour of each would have cost ${preventedToday} ${currency}`
  const lines: readonly Line[] = [
    ['Today', `${status.spentToday} of ${status.capToday} ${currency}`],
    ['This month', `${status.spentThisMonth} of ${status.capThisMonth} ${currency}`],
    ['Stopped today', stoppedToday === 0 ? 'nothing' : `${countOf(stoppedToday, 'call')}${prevented}`],
    [
      'Suspended',
      suspended.length === 0 ? 'nobody' : { text: `${suspended.join(', ')}: ringfence fraud decisions`, style: 'red' },
    ],
    [
      'Waiting',
      waiting === 0
        ? 'nothing'
        : { text: `${countOf(waiting, 'question')}: ringfence fraud approvals`, style: 'yellow' },
    ],
    ['Prices', deck.source === 'imported' ? `${deck.name}, ${deck.rates} rates` : 'built-in'],
  ]
  context.print(formatLines(lines, context.paint))
  if (status.firing.length > 0) {
    context.print('\n')
    context.printTable(
      ['RULE', 'FOUND TODAY', ''],
      status.firing.map(({ rule, found, dryRun }) => [rule, String(found), dryRun ? 'tried only' : '']),
    )
  }
  if (status.blocked.length > 0) {
    context.print('\n')
    context.printTable(
      ['CLOSED', 'UNTIL', 'BY', 'REASON'],
      status.blocked.map(({ prefix, expiresAt, rule, reason }) => [
        `+${prefix}`,
        expiresAt === null ? 'somebody lifts it' : formatTime(expiresAt),
        rule,
        reason,
      ]),
    )
  }
}
