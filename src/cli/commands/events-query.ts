/** `ringfence events query`: a question in the filter language, answered by events or by counts. */
import type { Command } from 'commander'
import type { LogCounts } from '../../api/log-operations.ts'
import type { LoggedEvent } from '../../events/event-log.ts'
import { parseQuery } from '../../events/query/parse.ts'
import { accepted, type CommandContext } from '../context.ts'
import { CommandError } from '../errors.ts'
import { readCount } from '../option-values.ts'
import { formatTime } from '../output/time.ts'
import { describeCommand, type Runner } from '../runner.ts'

const MAXIMUM = 100_000
const PAGE = 1_000

type Print = (context: CommandContext, event: LoggedEvent) => void

export function queryCommand(runner: Runner, print: Print): Command {
  return describeCommand('query', 'events that answer to a question, the newest first, or how many (docs/query.md)', [
    'events query "type:call.* extension:101 last 24h"',
    'events query "severity>=warning not source:192.0.2.0/24" --limit 200 --json',
    'events query "type:authentication.failed last 7d | count by source per 1d"',
  ])
    .argument('<question...>', 'in the filter language')
    .option('--limit <count>', 'events at most', '50')
    .action(
      runner.action<{ readonly limit: string }>(async (context, operands, options) => {
        const q = operands.join(' ')
        const limit = readCount('--limit', options.limit, MAXIMUM)
        const query = parseQuery(q)
        if (!query.ok) throw new CommandError('COMMAND_USAGE', query.error.message)
        await context.withOperations(async operations => {
          if (query.value.counting === undefined) return events(context, print, operations, q, limit)
          return counts(context, accepted(await operations.eventsCount({ q })))
        })
        return undefined
      }),
    )
}

async function events(
  context: CommandContext,
  print: Print,
  operations: Parameters<Parameters<CommandContext['withOperations']>[0]>[0],
  q: string,
  limit: number,
): Promise<void> {
  let left = limit
  let before: number | undefined
  while (left > 0 && context.ports.stdout.gone !== true) {
    const place = before === undefined ? {} : { before }
    const page = accepted(await operations.eventsSearch({ q, limit: Math.min(left, PAGE), ...place }))
    for (const event of page.events) print(context, event)
    await context.ports.stdout.drained?.()
    left -= page.events.length
    if (page.next === null) break
    before = page.next
  }
}

function counts(context: CommandContext, { by, groups, total, partial }: LogCounts): void {
  if (context.options.json) {
    context.printJson({ by, groups, total, partial })
    return
  }
  const hasTime = groups.some(each => each.at !== null)
  const grouped = by.length > 0 || hasTime
  if (grouped) {
    context.printTable(
      [...(hasTime ? ['FROM'] : []), ...by.map(each => each.toUpperCase()), 'COUNT'],
      groups.map(({ at, values, count }) => [
        ...(hasTime ? [at === null ? '-' : formatTime(at)] : []),
        ...values.map(each => (each === '' ? '-' : each)),
        String(count),
      ]),
    )
  }
  context.print(
    `${total} events${grouped ? ' in all' : ''}${partial ? ', as far as was looked: ask for less time' : ''}\n`,
  )
}
