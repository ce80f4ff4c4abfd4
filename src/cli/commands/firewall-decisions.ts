/** `ringfence firewall decisions|explain` */
import type { Command } from 'commander'
import type { SourceDecisionView, SourceExplanation } from '../../api/firewall-operations.ts'
import type { Operations } from '../../api/operations.ts'
import { type CommandContext, accepted } from '../context.ts'
import { readCount } from '../option-values.ts'
import type { Cell, Style } from '../output/text.ts'
import { formatTime } from '../output/time.ts'
import { describeCommand, type Runner } from '../runner.ts'

const MAXIMUM_ROWS = 1_000

export function decisionsCommand(runner: Runner): Command {
  return describeCommand('decisions', 'who is banned, who backs off, who is always let in: by whom, why, how long', [
    'firewall decisions',
    'firewall decisions --limit 1000 --json',
  ])
    .option('--limit <number>', 'at most so many, the newest first', '50')
    .action(
      runner.action<{ limit: string }>(async (context, _operands, { limit }) => {
        const input = { limit: readCount('--limit', limit, MAXIMUM_ROWS) }
        const decisions = await context.withOperations(async operations =>
          accepted(await operations.firewallDecisions(input)),
        )
        if (context.options.json) context.printJson(decisions)
        else if (decisions.length === 0) context.print('No decision is in force.\n')
        else {
          printDecisions(context, decisions)
          context.remark('Why: ringfence firewall explain ADDRESS. Take it back: ringfence firewall unban ADDRESS\n')
        }
        return undefined
      }),
    )
}

export function printDecisions(context: CommandContext, decisions: readonly SourceDecisionView[]): void {
  context.printTable(
    ['TARGET', 'WHAT', 'SINCE', 'UNTIL', 'BY', 'WHY'],
    decisions.map(each => [
      each.target,
      actionCell(each),
      formatTime(each.at),
      each.expiresAt === null ? 'taken back' : formatTime(each.expiresAt),
      each.origin === 'operator' ? (each.evidence['by'] ?? 'operator') : each.rule,
      each.repeat > 0 ? `${each.reason} (again: ${each.repeat + 1} times)` : each.reason,
    ]),
  )
}

function actionCell({ action, mode }: SourceDecisionView): Cell {
  if (mode === 'dry-run') return { text: `${action}, tried only`, style: 'dim' }
  return { text: action, style: action === 'allow' ? 'green' : 'red' }
}

const STYLES: Readonly<Record<SourceExplanation['verdict'], Style>> = {
  open: 'green',
  allowed: 'green',
  spared: 'green',
  banned: 'red',
  listed: 'red',
  'backing-off': 'yellow',
}

const WORDS: Readonly<Record<SourceExplanation['verdict'], string>> = {
  open: 'is heard',
  allowed: 'is always let in',
  spared: 'is let in',
  banned: 'is kept out',
  listed: 'is kept out by a list',
  'backing-off': 'takes no credentials from strangers',
}

export function explainCommand(runner: Runner): Command {
  return describeCommand('explain', 'why an address or an extension is kept out, or is not, and what changes it', [
    'firewall explain 198.51.100.7',
    'firewall explain 101',
    'firewall explain 198.51.100.7 --undo --reason "our new office"',
  ])
    .argument('<address|extension>', 'an address, the number of an extension, or a user name')
    .option('--undo', 'take back what holds it')
    .option('--reason <text>', 'why, for the log', 'by the operator')
    .action(
      runner.action<{ undo?: boolean; reason: string }>(async (context, [subject = ''], { undo, reason }) => {
        const explained = await context.withOperations(async operations => {
          const before = accepted(await operations.firewallExplain({ subject }))
          if (undo !== true || !(await undoWhatHolds(operations, before, reason))) return before
          return accepted(await operations.firewallExplain({ subject }))
        })
        if (context.options.json) context.printJson(explained)
        else print(context, explained)
        return undefined
      }),
    )
}

/** What the command that is printed does. False: nothing of the firewall's holds it. */
async function undoWhatHolds(operations: Operations, explained: SourceExplanation, reason: string): Promise<boolean> {
  const { subject, verdict, decisions } = explained
  if (verdict === 'listed') {
    accepted(await operations.firewallAllow({ target: subject, minutes: null, reason }))
    return true
  }
  if (verdict !== 'banned' && verdict !== 'backing-off') return false
  const held = decisions.filter(({ action, mode }) => action !== 'allow' && mode === 'on')
  for (const { id } of held) accepted(await operations.firewallUndo({ target: id, reason }))
  return held.length > 0
}

function print(context: CommandContext, { subject, verdict, because, undo }: SourceExplanation): void {
  context.print(`${subject} ${context.paint(STYLES[verdict], WORDS[verdict])}\n`)
  for (const sentence of because) context.print(`  - ${sentence}\n`)
  if (undo !== null) context.print(`\nTo let it in: ${undo}\n`)
}
