/** `ringfence budget show|set`: what calls to the outside may cost */
import type { Command } from 'commander'
import type { BudgetChange, BudgetLine, BudgetView } from '../../api/fraud-operations.ts'
import { type CommandContext, accepted } from '../context.ts'
import { CommandError } from '../errors.ts'
import { describeSpan, readCurrency, readMoney, readMoneyOrNone, readSpan } from '../fraud-values.ts'
import { formatLines, type Line } from '../output/lines.ts'
import type { Cell } from '../output/text.ts'
import { describeCommand, type Runner } from '../runner.ts'
import { given } from './trunk-settings.ts'

const LONGEST_CALL_SECONDS = 86_400
const BAR = 20

export function registerBudget(program: Command, runner: Runner): void {
  const budget = describeCommand('budget', 'what calls to the outside may cost at most: show, set', [
    'budget show',
    'budget set --organisation-day 50 --call 5',
  ])
  budget.addCommand(showCommand(runner))
  budget.addCommand(setCommand(runner))
  program.addCommand(budget)
}

function showCommand(runner: Runner): Command {
  return describeCommand('show', 'caps, and what was charged today and this month', [
    'budget show',
    'budget show --extension 101 --json',
  ])
    .option('--extension <number>', "this one's day as well")
    .addHelpText('after', '\nWhat live calls have reserved is charged already; what they do not use comes back.')
    .action(
      runner.action<{ extension?: string }>(async (context, _operands, { extension }) => {
        const input = extension === undefined ? {} : { extension }
        print(context, await context.withOperations(async operations => accepted(await operations.budgetShow(input))))
        return undefined
      }),
    )
}

interface SetFlags {
  readonly call?: string
  readonly extensionDay?: string
  readonly organisationDay?: string
  readonly organisationMonth?: string
  readonly riskyDay?: string
  readonly maximumDuration?: string
  readonly currency?: string
  readonly extension?: string
}

function setCommand(runner: Runner): Command {
  return describeCommand('set', 'change caps; what is not named stays', [
    'budget set --call 5 --extension-day 10 --organisation-day 50 --organisation-month 500',
    'budget set --risky-day 5 --maximum-duration 4h',
    'budget set --extension 101 --extension-day 20',
    'budget set --extension 101 --extension-day none',
  ])
    .option('--call <amount>', 'one call')
    .option('--extension-day <amount>', 'each extension in a day; with --extension of that one alone ("none")')
    .option('--organisation-day <amount>', 'all calls of a day')
    .option('--organisation-month <amount>', 'all calls of a month')
    .option('--risky-day <amount>', 'all calls of a day to special services and fraud-prone ranges')
    .option('--maximum-duration <time>', 'of one call: 90m, 4h; at most 24h')
    .option('--currency <code>', 'that caps count in, where no deck was imported: EUR, GBP, CHF, USD')
    .option('--extension <number>', 'change the daily cap of this extension alone')
    .addHelpText('after', '\nA cap of 0 closes what it covers. Emergency calls are never charged and never stopped.')
    .action(
      runner.action<SetFlags>(async (context, _operands, flags) => {
        const change = changeOf(flags)
        print(
          context,
          await context.withOperations(async operations => accepted(await operations.budgetChange(change))),
        )
        return undefined
      }),
    )
}

/** Throws CommandError. */
function changeOf({ extension, extensionDay, ...flags }: SetFlags): BudgetChange {
  const change: BudgetChange = given({
    call: read('--call', flags.call, readMoney),
    organisationDay: read('--organisation-day', flags.organisationDay, readMoney),
    organisationMonth: read('--organisation-month', flags.organisationMonth, readMoney),
    riskyDay: read('--risky-day', flags.riskyDay, readMoney),
    maximumCallSeconds: read('--maximum-duration', flags.maximumDuration, (option, text) =>
      readSpan(option, text, LONGEST_CALL_SECONDS),
    ),
    currency: read('--currency', flags.currency, readCurrency),
  })
  if (extension !== undefined) {
    if (extensionDay === undefined || Object.keys(change).length > 0) {
      const text = '--extension goes with --extension-day alone; for example: --extension 101 --extension-day 20'
      throw new CommandError('COMMAND_USAGE', text)
    }
    return { extension: { number: extension, day: readMoneyOrNone('--extension-day', extensionDay) } }
  }
  const all =
    extensionDay === undefined ? change : { ...change, extensionDay: readMoney('--extension-day', extensionDay) }
  if (Object.keys(all).length > 0) return all
  throw new CommandError('COMMAND_USAGE', 'nothing to change; for example: ringfence budget set --organisation-day 50')
}

function read<T>(option: string, text: string | undefined, reader: (option: string, text: string) => T): T | undefined {
  return text === undefined ? undefined : reader(option, text)
}

function print(context: CommandContext, budget: BudgetView): void {
  if (context.options.json) {
    context.printJson(budget)
    return
  }
  const { caps, currency, extensionDayCaps, reserved } = budget
  const own = Object.entries(extensionDayCaps)
  const lines: readonly Line[] = [
    ['Currency', currency],
    ['A call', `${caps.call} ${currency}, and ${describeSpan(budget.maximumCallSeconds)}`],
    ['An extension', `${caps.extensionDay} ${currency} a day`],
    ...(own.length === 0
      ? []
      : ([['Of their own', own.map(([number, cap]) => `${number}: ${cap}`).join(', ')]] satisfies Line[])),
    ['Reserved now', reserved === null ? 'nobody knows: no server runs' : `${reserved} ${currency}`],
    ['Days end', `at midnight in ${budget.timeZone}`],
  ]
  context.print(`${formatLines(lines, context.paint)}\n`)
  context.printTable(
    ['BUDGET', 'PERIOD', 'CHARGED', 'CAP', 'USED'],
    budget.lines.map(line => [titleOf(line), line.period, line.charged.padStart(9), line.cap.padStart(9), bar(line)]),
  )
}

function titleOf({ scope, payer }: BudgetLine): string {
  if (scope === 'extension-day') return `${payer}, day`
  if (scope === 'risky-day') return 'special and fraud-prone, day'
  return scope === 'organisation-day' ? 'organisation, day' : 'organisation, month'
}

/** `[#####...............]  25 %`: rounded up, so that what was charged is never invisible. */
function bar({ perMille }: BudgetLine): Cell {
  const filled = Math.min(BAR, Math.ceil((perMille * BAR) / 1_000))
  const text = `[${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}] ${String(Math.ceil(perMille / 10)).padStart(3)} %`
  return { text, style: perMille >= 1_000 ? 'red' : perMille >= 700 ? 'yellow' : 'green' }
}
