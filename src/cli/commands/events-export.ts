/** `ringfence events export|stats|forget`: the log with all that proves it, its figures, and somebody forgotten */
import type { Command } from 'commander'
import type { Operations } from '../../api/operations.ts'
import type { SignedStatement, Statement } from '../../events/chain/types.ts'
import type { ProvenRow } from '../../events/chain/event-archive.ts'
import { accepted, type CommandContext } from '../context.ts'
import { CommandError } from '../errors.ts'
import { readTime } from '../option-values.ts'
import { formatTime } from '../output/time.ts'
import { describeCommand, type Runner } from '../runner.ts'

const PAGE = 1_000

export function exportEventsCommand(runner: Runner): Command {
  return describeCommand(
    'export',
    'the log as JSON lines, with all that proves it: who has the public key can verify',
    ['events export > log.jsonl', 'events export --since 30d > log.jsonl'],
  )
    .option('--since <time>', 'from the last signature before then on: 30d, or a date in ISO 8601')
    .action(
      runner.action<{ readonly since?: string }>(async (context, _operands, { since }) => {
        const at = since === undefined ? undefined : readTime('--since', since, context.ports.clock.now())
        await context.withOperations(operations => exportLog(context, operations, at))
        return undefined
      }),
    )
}

async function exportLog(context: CommandContext, operations: Operations, since: number | undefined): Promise<void> {
  const { publicKey } = accepted(await operations.eventsSign())
  const statements = await readStatements(operations)
  const startsAfter = since === undefined ? 0 : signedBefore(statements, since)
  const line = async (value: unknown): Promise<void> => {
    context.ports.stdout.write(`${JSON.stringify(value)}\n`)
    await context.ports.stdout.drained?.()
  }
  await line({ format: 'ringfence-log', version: 1, startsAfter, publicKey })
  for (const statement of statements) await line({ statement })
  const end = lastSigned(statements)
  for await (const { event, ...row } of readEvents(operations, startsAfter)) {
    if (row.position > end || context.ports.stdout.gone === true) return
    await line({ row, event })
  }
}

/** Position of the last checkpoint before `since`; 0 for none. */
function signedBefore(statements: readonly SignedStatement[], since: number): number {
  const checkpoints = statements.map(statementOf).filter(each => each.kind === 'checkpoint')
  return checkpoints.findLast(each => each.at <= since)?.position ?? 0
}

function lastSigned(statements: readonly SignedStatement[]): number {
  return statements.map(statementOf).findLast(each => each.kind === 'checkpoint')?.position ?? 0
}

/** Of our own store: its signature is for others to check. */
function statementOf({ text }: SignedStatement): Statement {
  return JSON.parse(text.slice(text.indexOf('{'))) as Statement
}

export async function readStatements(operations: Operations): Promise<readonly SignedStatement[]> {
  const statements: SignedStatement[] = []
  for (;;) {
    const some = accepted(await operations.eventsStatements({ after: statements.length, limit: PAGE }))
    statements.push(...some)
    if (some.length < PAGE) return statements
  }
}

export async function* readEvents(operations: Operations, after: number): AsyncGenerator<ProvenRow> {
  for (let last = after; ; ) {
    const rows = accepted(await operations.eventsProof({ after: last, limit: PAGE }))
    yield* rows
    if (rows.length < PAGE) return
    last = rows.at(-1)!.position
  }
}

export function statisticsCommand(runner: Runner): Command {
  return describeCommand('stats', 'how many events of each class are kept, since when, and what is signed', [
    'events stats',
  ]).action(
    runner.action(async context => {
      const figures = await context.withOperations(async operations => accepted(await operations.eventsStatistics()))
      if (context.options.json) {
        context.printJson(figures)
        return undefined
      }
      context.printTable(
        ['CLASS', 'EVENTS', 'OLDEST', 'MB'],
        figures.classes.map(each => [
          each.class,
          String(each.events),
          each.oldest === undefined || each.oldest === null ? '-' : formatTime(each.oldest),
          (each.octets / 1_048_576).toFixed(1),
        ]),
      )
      const { checkpoint } = figures
      const signed =
        checkpoint === undefined
          ? 'nothing is signed yet'
          : `signed up to position ${checkpoint.position} at ${formatTime(checkpoint.at)}`
      context.print(`\n${signed}; ${figures.unsigned} not yet signed; last position ${figures.lastPosition}\n`)
      return undefined
    }),
  )
}

export function forgetCommand(runner: Runner): Command {
  return describeCommand(
    'forget',
    'make unreadable for ever what the log holds of somebody; the chain stays provable',
    [
      'events forget --extension 101 --reason "asked for by the person" --yes',
      'events forget --person ada@example.com --reason "left" --yes',
    ],
  )
    .option('--person <email>')
    .option('--extension <number>')
    .option('--number <e164>', 'a number of the public network, like +4930123456')
    .requiredOption('--reason <text>', 'kept with the signed record')
    .option('--yes', 'it cannot be taken back')
    .action(
      runner.action<
        Readonly<Record<'person' | 'extension' | 'number' | 'reason', string | undefined>> & { yes?: true }
      >(async (context, _operands, options) => {
        const named = (['person', 'extension', 'number'] as const).filter(kind => options[kind] !== undefined)
        const [kind] = named
        if (kind === undefined || named.length > 1) {
          throw new CommandError('COMMAND_USAGE', 'name one: --person, --extension or --number')
        }
        if (options.yes !== true) throw new CommandError('COMMAND_USAGE', 'this cannot be taken back: add --yes')
        const input = { kind, value: options[kind]!, reason: options.reason! }
        const { keys } = await context.withOperations(async operations =>
          accepted(await operations.eventsForget(input)),
        )
        if (context.options.json) context.printJson({ keys })
        else context.print(keys === 0 ? 'the log holds nothing of it\n' : 'forgotten: nobody can read it any more\n')
        return undefined
      }),
    )
}
