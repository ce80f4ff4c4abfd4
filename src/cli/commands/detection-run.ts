/** `ringfence detections run --since 7d`: what rules would have found in the past of the log */
import type { Command } from 'commander'
import type { DetectionRunView } from '../../api/detection-operations.ts'
import { accepted, type CommandContext } from '../context.ts'
import { EXIT } from '../errors.ts'
import { readTime } from '../option-values.ts'
import { countOf, printable } from '../output/text.ts'
import { formatTime } from '../output/time.ts'
import { describeCommand, type Runner } from '../runner.ts'
import { readRuleFiles } from './detection-test.ts'

interface RunFlags {
  readonly since: string
  readonly until?: string
  readonly rule?: readonly string[]
  readonly file?: readonly string[]
}

export function runCommand(runner: Runner): Command {
  return describeCommand(
    'run',
    'what rules would have found in the past of the log; nobody is told, nothing is written',
    [
      'detections run --since 7d',
      'detections run --since 30d --file my-rule.yml',
      'detections run --since 24h --rule 192bea9c-e2ef-47bf-81f4-cea301a6c40d --json',
    ],
  )
    .requiredOption('--since <time>', 'from then on: 15m, 2h, 3d, or a date in ISO 8601')
    .option('--until <time>', 'up to then (default: now)')
    .option('--rule <id...>', 'only these')
    .option('--file <file...>', 'the rules of these files instead of those that are in force')
    .action(
      runner.action<RunFlags>(async (context, _operands, { since, until, rule, file }) => {
        const now = context.ports.clock.now()
        const input = {
          since: readTime('--since', since, now),
          ...(until === undefined ? {} : { until: readTime('--until', until, now) }),
          ...(rule === undefined ? {} : { rules: rule }),
          ...(file === undefined ? {} : { files: readRuleFiles(file) }),
        }
        const result = await context.withOperations(operations =>
          context.progress('looking', operations.detectionsRun(input).then(accepted)),
        )
        if (context.options.json) context.printJson(result)
        else print(context, result)
        return result.problems.length === 0 ? undefined : EXIT.failed
      }),
    )
}

const MAXIMUM_ROWS = 200

function print(context: CommandContext, result: DetectionRunView): void {
  const { events, since, until, partial, rules, found, problems } = result
  const times = `${formatTime(since)} to ${formatTime(until)}`
  context.print(`${countOf(events, 'event')} looked at, ${times}${partial ? '; NOT ALL: go on from there' : ''}\n`)
  context.printTable(
    ['FOUND', 'RULE', 'TITLE'],
    rules.toSorted((a, b) => b.found - a.found).map(each => [String(each.found), each.rule, each.title]),
  )
  if (found.length > 0) {
    context.print('\n')
    context.printTable(
      ['TIME', 'LEVEL', 'TITLE', 'ABOUT', 'LAST EVENT'],
      found.slice(0, MAXIMUM_ROWS).map(each => [
        formatTime(each.at),
        each.level,
        each.title,
        Object.entries(each.group)
          .map(([field, value]) => `${field} ${value}`)
          .join(', ') || '-',
        each.events.at(-1)?.id ?? '-',
      ]),
    )
    if (found.length > MAXIMUM_ROWS) context.print(`… ${found.length - MAXIMUM_ROWS} more: --json shows a thousand\n`)
  }
  for (const { file, where, problem } of problems) {
    context.print(`PROBLEM ${printable(file)}, ${printable(where)}: ${printable(problem, 500)}\n`)
  }
}
