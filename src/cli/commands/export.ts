/** `ringfence export add|list|status|test|remove`: the log on its way to other tools */
import type { Command } from 'commander'
import type { ExportView } from '../../api/export-operations.ts'
import { accepted, type CommandContext } from '../context.ts'
import { CommandError, EXIT } from '../errors.ts'
import { requireServer } from '../live.ts'
import type { Cell } from '../output/text.ts'
import { countOf, printable } from '../output/text.ts'
import { formatDuration, formatTime } from '../output/time.ts'
import { describeCommand, type Runner } from '../runner.ts'
import { addCommand } from './export-add.ts'

export function registerExport(program: Command, runner: Runner): void {
  const exports = describeCommand(
    'export',
    'the log on its way to other tools, each event at least once and in order',
    [
      'export add siem --kind syslog --to logs.example.com:6514 --form cef --ca-file ca.pem',
      'export test siem',
      'export status siem',
    ],
  )
  exports.addCommand(addCommand(runner))
  exports.addCommand(listCommand(runner))
  exports.addCommand(statusCommand(runner))
  exports.addCommand(testCommand(runner))
  exports.addCommand(removeCommand(runner))
  program.addCommand(exports)
}

function listCommand(runner: Runner): Command {
  return describeCommand('list', 'all destinations, and how far behind each is', [
    'export list',
    'export list --json',
  ]).action(
    runner.action(async context => {
      const exports = await context.withOperations(async operations => accepted(await operations.exportList({})))
      if (context.options.json) context.printJson(exports)
      else if (exports.length === 0) context.print('The log goes nowhere: ringfence export add --help\n')
      else {
        context.printTable(
          ['NAME', 'TO', 'FORM', 'FILTER', 'STATE', 'BEHIND', 'DELIVERED', 'LAST SUCCESS'],
          exports.map(each => [
            each.name,
            each.destination,
            each.form,
            each.filter === '' ? '-' : each.filter,
            stateCell(each),
            each.behind === null ? '-' : String(each.behind),
            String(each.delivered),
            formatTime(each.lastSuccessAt),
          ]),
        )
      }
      return undefined
    }),
  )
}

function stateCell({ state }: ExportView): Cell {
  if (state === 'sending') return { text: state }
  return { text: state, style: state === 'failing' ? 'red' : 'yellow' }
}

function statusCommand(runner: Runner): Command {
  return describeCommand(
    'status',
    'how one destination does: what waits, what went wrong; exits with 1 while it fails',
    ['export status siem', 'export status siem --json'],
  )
    .argument('<name>', 'which one')
    .action(
      runner.action(async (context, [name = '']) => {
        const [found] = await context.withOperations(async operations =>
          accepted(await operations.exportList({ name })),
        )
        if (found === undefined) throw new CommandError('EXPORT_UNKNOWN', `there is no export ${name}`)
        if (context.options.json) context.printJson(found)
        else printStatus(context, found)
        return found.state === 'failing' ? EXIT.failed : undefined
      }),
    )
}

function printStatus(context: CommandContext, found: ExportView): void {
  const { behind, lagMs, delivered, refused, lost, lastError, lastErrorAt, masks, weakened } = found
  const lines: readonly (readonly [string, string])[] = [
    ['To', found.destination],
    ['Of', found.organisation ?? 'the whole installation'],
    ['Form', `${found.form}${masks.length === 0 ? '' : `, ${masks.join(', ')} masked`}`],
    ['Filter', found.filter === '' ? 'everything' : found.filter],
    ['State', found.state],
    [
      'Behind',
      behind === null ? '-' : `${countOf(behind, 'event')}${lagMs === null ? '' : `, ${formatDuration(lagMs)}`}`,
    ],
    ['Delivered', `${delivered}, ${refused} refused, ${lost} lost`],
    ['Last success', formatTime(found.lastSuccessAt)],
    ['Last error', lastError === null ? '-' : `${formatTime(lastErrorAt)}: ${lastError}`],
    ...weakened.map(each => ['WEAKENED', each] as const),
  ]
  for (const [label, text] of lines) context.print(`${label.padEnd(13)} ${printable(text)}\n`)
}

function testCommand(runner: Runner): Command {
  return describeCommand('test', 'send one event of type export.tested now, and say what came of it', [
    'export test siem',
  ])
    .argument('<name>', 'which one')
    .action(
      runner.action(async (context, [name = '']) => {
        const result = await context.withOperations(async (operations, opened) => {
          requireServer(opened, context.options.data)
          return accepted(await operations.exportTest({ name }))
        })
        if (context.options.json) context.printJson(result)
        else {
          const what = result.ok ? 'took it' : `did NOT take it: ${printable(result.detail)}`
          context.print(`${printable(result.destination)} ${what}\n`)
        }
        return result.ok ? undefined : EXIT.failed
      }),
    )
}

function removeCommand(runner: Runner): Command {
  return describeCommand('remove', 'nothing goes there any more; what was sent stays there', ['export remove siem'])
    .argument('<name>', 'which one')
    .action(
      runner.action(async (context, [name = '']) => {
        const removed = await context.withOperations(async operations =>
          accepted(await operations.exportRemove({ name })),
        )
        if (context.options.json) context.printJson(removed)
        else context.print(`The export ${printable(removed.name)} is removed.\n`)
        return undefined
      }),
    )
}
