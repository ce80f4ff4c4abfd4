/** `ringfence detections list|show|status|reload|test|run`: rules over the log, ours and the operator's own */
import type { Command } from 'commander'
import type { DetectionRuleView, DetectionStatusView } from '../../api/detection-operations.ts'
import { accepted, type CommandContext } from '../context.ts'
import { EXIT } from '../errors.ts'
import { requireServer } from '../live.ts'
import { type Cell, countOf, printable } from '../output/text.ts'
import { describeCommand, type Runner } from '../runner.ts'
import { runCommand } from './detection-run.ts'
import { testCommand } from './detection-test.ts'

export function registerDetections(program: Command, runner: Runner): void {
  const detections = describeCommand(
    'detections',
    'rules that look at the log while it is written: docs/detections.md',
    ['detections list', 'detections test my-rule.yml', 'detections run --since 7d'],
  )
  for (const command of [listCommand, showCommand, statusCommand, reloadCommand, testCommand, runCommand]) {
    detections.addCommand(command(runner))
  }
  program.addCommand(detections)
}

function listCommand(runner: Runner): Command {
  return describeCommand('list', 'all rules, ours and those of the folder', [
    'detections list',
    'detections list --json',
  ]).action(
    runner.action(async context => {
      const rules = await context.withOperations(async operations => accepted(await operations.detectionsList({})))
      if (context.options.json) context.printJson(rules)
      else {
        context.printTable(
          ['ID', 'LEVEL', 'STATE', 'OF', 'TITLE'],
          rules
            .filter(each => each.state !== 'base')
            .map(each => [each.id, levelCell(each), each.state, each.own ? each.file : 'ringfence', each.title]),
        )
      }
      return undefined
    }),
  )
}

function levelCell({ level }: Pick<DetectionRuleView, 'level'>): Cell {
  if (level === 'critical' || level === 'high') return { text: level, style: 'red' }
  return level === 'medium' ? { text: level, style: 'yellow' } : { text: level }
}

function showCommand(runner: Runner): Command {
  return describeCommand('show', 'what one rule finds, and when it is wrong', [
    'detections show 192bea9c-e2ef-47bf-81f4-cea301a6c40d',
  ])
    .argument('<id>', 'which one')
    .action(
      runner.action(async (context, [id = '']) => {
        const [rule] = await context.withOperations(async operations =>
          accepted(await operations.detectionsList({ id })),
        )
        if (context.options.json) context.printJson(rule)
        else if (rule !== undefined) printRule(context, rule)
        return undefined
      }),
    )
}

function printRule(context: CommandContext, rule: DetectionRuleView): void {
  const lines: readonly (readonly [string, string])[] = [
    ['Rule', rule.title],
    ['Id', rule.id],
    ['Level', rule.level],
    ['State', rule.state],
    ['File', rule.own ? rule.file : `${rule.file} (ours)`],
    ['Finds', rule.description],
    ...rule.falsePositives.map(each => ['May be', each] as const),
    ['Tags', rule.tags.length === 0 ? '-' : rule.tags.join(', ')],
  ]
  for (const [label, text] of lines) context.print(`${label.padEnd(8)} ${printable(text, 1_000)}\n`)
}

function statusCommand(runner: Runner): Command {
  return describeCommand('status', 'how detections do; exits with 1 while a rule cannot be used', [
    'detections status',
  ]).action(
    runner.action(async context => {
      const status = await context.withOperations(async operations => accepted(await operations.detectionsStatus({})))
      return printStatus(context, status)
    }),
  )
}

function reloadCommand(runner: Runner): Command {
  return describeCommand('reload', 'read the folder anew now; a change of it is noticed within ten seconds anyway', [
    'detections reload',
  ]).action(
    runner.action(async context => {
      const status = await context.withOperations(async (operations, opened) => {
        requireServer(opened, context.options.data)
        return accepted(await operations.detectionsReload({}))
      })
      return printStatus(context, status)
    }),
  )
}

function printStatus(context: CommandContext, status: DetectionStatusView): 1 | undefined {
  const { rules, own, disabled, folder, problems, live } = status
  if (context.options.json) context.printJson(status)
  else {
    const where = folder === null ? '' : ` (${printable(folder)})`
    context.print(`${countOf(rules, 'rule')}, ${own} of your own${where}, ${disabled} disabled\n`)
    if (live !== null) {
      const { looked, found, unsaid, missed, waiting } = live
      const events = `${countOf(looked, 'event')} looked at, ${waiting} waiting, ${missed} missed`
      context.print(`Since the start: ${events}; ${found} found, ${unsaid} of them not told\n`)
    }
    for (const { file, where: place, problem } of problems) {
      context.print(`PROBLEM ${printable(file)}, ${printable(place)}: ${printable(problem, 500)}\n`)
    }
  }
  return problems.length === 0 ? undefined : EXIT.failed
}
