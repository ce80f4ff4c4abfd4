/** `ringfence events [--follow] [--since] [--type] [--json]`, and what proves the log */
import type { Command } from 'commander'
import { isEventType } from '../../api/operation-schemas.ts'
import type { Operations } from '../../api/operations.ts'
import { nearest } from '../../config/suggest.ts'
import type { Severity } from '../../events/catalogue.ts'
import { EVENT_SEVERITY } from '../../events/catalogue.ts'
import type { EventQuery, LoggedEvent } from '../../events/event-log.ts'
import { type CommandContext, accepted } from '../context.ts'
import { CommandError } from '../errors.ts'
import { requireServer } from '../live.ts'
import { readCount, readTime } from '../option-values.ts'
import { describeEvent } from '../output/describe-event.ts'
import type { Style } from '../output/text.ts'
import { formatTime } from '../output/time.ts'
import { describeCommand, type Runner } from '../runner.ts'
import { exportEventsCommand, forgetCommand, statisticsCommand } from './events-export.ts'
import { queryCommand } from './events-query.ts'
import { verifyCommand } from './events-verify.ts'

interface EventsOptions {
  readonly follow?: boolean
  readonly since?: string
  readonly type?: readonly string[]
  readonly limit: string
}

type EventTypes = NonNullable<EventQuery['types']>

/** What the log gives at once. */
const PAGE = 1_000
const WAIT_MS = 25_000

const STYLES: Readonly<Record<Severity, Style>> = {
  info: 'dim',
  notice: 'cyan',
  warning: 'yellow',
  error: 'red',
  critical: 'red',
}

export function registerEvents(program: Command, runner: Runner): void {
  const events = describeCommand(
    'events',
    'what happened: registrations, refusals, calls, changes (types: docs/events.md)',
    [
      'events --since 2h',
      'events --follow --type call. --type registration.refused',
      'events --since 2026-11-22T14:00 --json',
    ],
  )
    .option('--follow', 'go on printing what happens, until Ctrl-C (needs the running server)')
    .option('--since <time>', 'from then on: 15m, 2h, 3d, or a date in ISO 8601')
    .option('--type <type...>', 'only this type, or with a final dot all that begin so: call.')
    .option('--limit <count>', 'without --since: how many of the newest', '50')
    .addHelpText('after', '\nWith --json each event is one line.')
    .action(
      runner.action<EventsOptions>(async (context, _operands, options) => {
        await context.withOperations(async (operations, opened) => {
          if (options.follow === true) requireServer(opened, context.options.data)
          await show(context, operations, options)
        })
        return undefined
      }),
    )
  events.addCommand(queryCommand(runner, printEvent))
  for (const command of [verifyCommand, exportEventsCommand, statisticsCommand, forgetCommand]) {
    events.addCommand(command(runner))
  }
  program.addCommand(events)
}

async function show(context: CommandContext, operations: Operations, options: EventsOptions): Promise<void> {
  const types = readTypes(options.type ?? [])
  const filter = types.length === 0 ? {} : { types }
  const limit = readCount('--limit', options.limit, PAGE)
  const since = options.since === undefined ? undefined : readTime('--since', options.since, context.ports.clock.now())
  let last = 0
  const print = (events: readonly LoggedEvent[]): void => {
    for (const event of events) printEvent(context, event)
    last = events.at(-1)?.position ?? last
  }
  if (since === undefined) print(accepted(await operations.events({ ...filter, limit })))
  else {
    for (let page = 0; ; page++) {
      const start = page === 0 ? { since } : { since, after: last }
      const events = accepted(await operations.events({ ...filter, ...start, limit: PAGE }))
      print(events)
      if (events.length < PAGE) break
    }
  }
  if (options.follow !== true) return
  // Of a filter that nothing matches yet, the log's end is where following begins.
  if (last === 0) last = accepted(await operations.events({ limit: 1 }))[0]?.position ?? 0
  await follow(context, operations, filter, last, print)
}

async function follow(
  context: CommandContext,
  operations: Operations,
  filter: { readonly types?: EventTypes },
  start: number,
  print: (events: readonly LoggedEvent[]) => void,
): Promise<void> {
  let after = start
  let interrupted: () => void = () => {}
  const signal = new Promise<'signal'>(resolve => {
    interrupted = () => resolve('signal')
  })
  const forget = context.ports.onSignal(() => interrupted())
  try {
    for (;;) {
      const outcome = await Promise.race([operations.eventsFollow({ ...filter, after, waitMs: WAIT_MS }), signal])
      if (outcome === 'signal') return
      const events = accepted(outcome)
      print(events)
      if (context.ports.stdout.gone === true) return
      after = events.at(-1)?.position ?? after
    }
  } finally {
    forget()
  }
}

function printEvent(context: CommandContext, { position, event }: LoggedEvent): void {
  if (context.options.json) {
    context.printJson({ position, ...event })
    return
  }
  const style = STYLES[event.severity] ?? 'dim'
  const severity = context.paint(style, event.severity.padEnd(8))
  context.print(`${formatTime(event.at)}  ${severity}  ${event.type.padEnd(28)}  ${describeEvent(event)}\n`)
}

/** `call.`, `call.*` and `call` all mean the whole family. Throws CommandError `COMMAND_USAGE`. */
function readTypes(texts: readonly string[]): EventTypes {
  const words = texts.flatMap(text => text.split(',')).filter(text => text !== '')
  return words.map(word => {
    const type = word.replace(/\*$/, '')
    if (isEventType(type)) return type
    if (isEventType(`${type}.`)) return `${type}.` as const
    const suggestion = nearest(type, Object.keys(EVENT_SEVERITY))
    const hint =
      suggestion === undefined ? 'docs/events.md lists them; for example --type call.' : `did you mean ${suggestion}?`
    throw new CommandError('COMMAND_USAGE', `--type ${word}: there is no such event; ${hint}`)
  })
}
