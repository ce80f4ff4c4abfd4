/** `ringfence number add|list|route|remove` */
import { type Command, Option } from 'commander'
import type { NumberView } from '../../api/outside-operations.ts'
import { type CommandContext, accepted } from '../context.ts'
import { readE164, readTarget, readTargetOrNone } from '../outside-values.ts'
import { describeCommand, type Runner } from '../runner.ts'
import { given } from './trunk-settings.ts'

export function registerNumber(program: Command, runner: Runner): void {
  const number = describeCommand('number', 'the numbers that are ours, and where calls to them go', [
    'number add +493012345678 --to extension:101',
    'number list',
  ])
  number.addCommand(addCommand(runner))
  number.addCommand(listCommand(runner))
  number.addCommand(routeCommand(runner))
  number.addCommand(removeCommand(runner))
  program.addCommand(number)
}

interface NumberFlags {
  readonly to?: string
  readonly afterHours?: string
  readonly anonymous?: 'accept' | 'reject'
  readonly label?: string
}

const TARGET_HELP = '\nA target: extension:101, group:200, external:+4930123456, trunk:pbx, or reject.'

function numberOptions(command: Command): Command {
  return command
    .option('--after-hours <target>', 'where calls go outside the office hours ("none": the same)')
    .addOption(new Option('--anonymous <what>', 'callers who withhold their number').choices(['accept', 'reject']))
    .option('--label <text>', 'to tell numbers apart, such as "main number"')
    .addHelpText('after', TARGET_HELP)
}

/** What the options say. Throws CommandError. */
function changeOf({ to, afterHours, anonymous, label }: NumberFlags) {
  return given({
    target: to === undefined ? undefined : readTarget('--to', to),
    afterHours: afterHours === undefined ? undefined : readTargetOrNone('--after-hours', afterHours),
    anonymous,
    label,
  })
}

function addCommand(runner: Runner): Command {
  const command = describeCommand('add', 'add a number that a provider gave us', [
    'number add +493012345678 --to extension:101',
    'number add +493012345679 --to group:200 --after-hours extension:101 --label "main number"',
    'number add +493012345680 --to trunk:pbx --anonymous reject',
  ])
    .argument('<number>', 'with its country code, such as +493012345678')
    .requiredOption('--to <target>', 'where calls to it go')
  return numberOptions(command).action(
    runner.action<NumberFlags & { readonly to: string }>(async (context, [text = ''], flags) => {
      const e164 = readE164('the number', text)
      const change = { ...changeOf(flags), target: readTarget('--to', flags.to) }
      const added = await context.withOperations(async operations =>
        accepted(await operations.numberAdd({ e164, ...change })),
      )
      printRoute(context, added, 'was added')
      return undefined
    }),
  )
}

function routeCommand(runner: Runner): Command {
  const command = describeCommand('route', 'change where calls to a number go; what is not named stays', [
    'number route +493012345678 --to group:200',
    'number route +493012345678 --after-hours reject',
    'number route +493012345678 --after-hours none',
  ])
    .argument('<number>', 'the number')
    .option('--to <target>', 'where calls to it go')
  return numberOptions(command).action(
    runner.action<NumberFlags>(async (context, [text = ''], flags) => {
      const e164 = readE164('the number', text)
      const change = changeOf(flags)
      const routed = await context.withOperations(async operations =>
        accepted(await operations.numberRoute({ e164, ...change })),
      )
      printRoute(context, routed, 'was changed')
      return undefined
    }),
  )
}

function printRoute(context: CommandContext, number: NumberView, what: string): void {
  if (context.options.json) {
    context.printJson(number)
    return
  }
  const after = number.afterHours === null ? '' : `, outside the office hours to ${number.afterHours}`
  context.print(`Number ${number.e164} ${what}: calls go to ${number.target}${after}.\n`)
}

function listCommand(runner: Runner): Command {
  return describeCommand('list', 'list our numbers', ['number list', 'number list --json']).action(
    runner.action(async context => {
      const numbers = await context.withOperations(async operations => accepted(await operations.numberList()))
      if (context.options.json) context.printJson(numbers)
      else printNumbers(context, numbers)
      return undefined
    }),
  )
}

function printNumbers(context: CommandContext, numbers: readonly NumberView[]): void {
  if (numbers.length === 0) {
    context.print('There is no number yet. Add one: ringfence number add +493012345678 --to extension:101\n')
    return
  }
  context.printTable(
    ['NUMBER', 'LABEL', 'TO', 'AFTER HOURS', 'ANONYMOUS'],
    numbers.map(({ e164, label, target, afterHours, anonymous }) => [
      e164,
      label,
      target,
      afterHours ?? 'the same',
      anonymous,
    ]),
  )
}

function removeCommand(runner: Runner): Command {
  return describeCommand('remove', 'remove a number: calls to it are refused', ['number remove +493012345678'])
    .argument('<number>', 'the number')
    .action(
      runner.action(async (context, [text = '']) => {
        const e164 = readE164('the number', text)
        const removed = await context.withOperations(async operations =>
          accepted(await operations.numberRemove({ e164 })),
        )
        if (context.options.json) context.printJson(removed)
        else context.print(`Number ${removed.e164} was removed.\n`)
        return undefined
      }),
    )
}
