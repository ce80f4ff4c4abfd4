/** `ringfence fraud decisions|explain|undo` */
import type { Command } from 'commander'
import type { FraudDecisionView, FraudExplanation } from '../../api/fraud-operations.ts'
import { type CommandContext, accepted } from '../context.ts'
import { readCount } from '../option-values.ts'
import { formatLines, type Line } from '../output/lines.ts'
import type { Cell } from '../output/text.ts'
import { formatTime } from '../output/time.ts'
import { describeCommand, type Runner } from '../runner.ts'

const MAXIMUM_ROWS = 1_000

interface DecisionsFlags {
  readonly all?: boolean
  readonly limit: string
}

export function decisionsCommand(runner: Runner): Command {
  return describeCommand('decisions', 'what was decided about whom and why, and how long it holds', [
    'fraud decisions',
    'fraud decisions --all --limit 100 --json',
  ])
    .option('--all', 'also what is over, what was undone, what only told and what was only tried')
    .option('--limit <number>', 'at most so many, the newest first', '50')
    .action(
      runner.action<DecisionsFlags>(async (context, _operands, { all = false, limit }) => {
        const input = { all, limit: readCount('--limit', limit, MAXIMUM_ROWS) }
        const decisions = await context.withOperations(async operations =>
          accepted(await operations.fraudDecisions(input)),
        )
        if (context.options.json) context.printJson(decisions)
        else printAll(context, decisions, all)
        return undefined
      }),
    )
}

function printAll(context: CommandContext, decisions: readonly FraudDecisionView[], all: boolean): void {
  if (decisions.length === 0) {
    context.print(all ? 'Nothing was decided yet.\n' : 'Nothing is held against anybody.\n')
    return
  }
  context.printTable(
    ['ID', 'AT', 'WHO', 'WHAT', 'UNTIL', 'RULE', 'WHY'],
    decisions.map(each => [
      each.id,
      formatTime(each.at),
      each.payer,
      whatCell(each),
      untilOf(each),
      each.rule,
      each.count > 1 ? `${each.reason} (${each.count} times)` : each.reason,
    ]),
  )
  context.remark('On what it rests: ringfence fraud explain ID. Take it back: ringfence fraud undo ID --reason "why"\n')
}

function whatCell({ response, state }: FraudDecisionView): Cell {
  if (state === 'in-force') return { text: response, style: response === 'suspend' ? 'red' : 'yellow' }
  return { text: state === 'told' ? response : `${response}, ${state}`, style: 'dim' }
}

function untilOf({ expiresAt, state }: FraudDecisionView): string {
  if (state !== 'in-force') return '-'
  return expiresAt === null ? 'restored' : formatTime(expiresAt)
}

export function explainCommand(runner: Runner): Command {
  return describeCommand('explain', 'one decision: which rule, which evidence, which line of the policy', [
    'fraud explain ID',
  ])
    .argument('<id>', 'of the decision')
    .action(
      runner.action(async (context, [id = '']) => {
        const decision = await context.withOperations(async operations =>
          accepted(await operations.fraudExplain({ id })),
        )
        if (context.options.json) context.printJson(decision)
        else printOne(context, decision)
        return undefined
      }),
    )
}

function printOne(context: CommandContext, decision: FraudExplanation): void {
  const { also, approval, ruleNow, expiresAt } = decision
  const expires = expiresAt === null ? 'when somebody restores or undoes it' : formatTime(expiresAt)
  const lines: readonly Line[] = [
    ['Decision', decision.id],
    ['State', { ...whatCell(decision), text: `${decision.response}: ${decision.state}` }],
    ['At', formatTime(decision.at)],
    ['Who', also.length === 0 ? decision.payer : `${decision.payer}, and ${also.join(', ')}`],
    ['Why', decision.reason],
    ['Seen', decision.count === 1 ? 'once' : `${decision.count} times`],
    ...Object.entries(decision.evidence).map(([name, value]): Line => [`  ${name}`, value]),
    ['Call', decision.callId ?? 'none'],
    ...(decision.prefix === null ? [] : [['Closed', `+${decision.prefix}, for everybody`] satisfies Line]),
    ...(approval === null ? [] : [['Asks for', `${approval.kind} ${approval.value}`] satisfies Line]),
    ['Ends', expires],
    ['Rule', ruleNow === null ? decision.rule : `${decision.rule}: ${ruleNow.title}`],
    ...(ruleNow === null ? [] : [['', ruleNow.description] satisfies Line]),
    ...decision.policyLines.map((text, index): Line => [index === 0 ? 'Policy' : '', text]),
    ['Undo', decision.undo ?? 'nothing is in force'],
  ]
  context.print(formatLines(lines, context.paint))
}

export function undoCommand(runner: Runner): Command {
  return describeCommand('undo', 'take a decision back, with everything that it did', [
    'fraud undo ID --reason "it was us, testing"',
  ])
    .argument('<id>', 'of the decision')
    .requiredOption('--reason <text>', 'why, for the log')
    .action(
      runner.action<{ reason: string }>(async (context, [id = ''], { reason }) => {
        const undone = await context.withOperations(async operations =>
          accepted(await operations.fraudUndo({ id, reason })),
        )
        if (context.options.json) context.printJson(undone)
        else context.print(`${undone.rule} about ${undone.payer} (${undone.response}) was undone.\n`)
        return undefined
      }),
    )
}
