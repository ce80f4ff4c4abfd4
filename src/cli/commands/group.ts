/** `ringfence group add|list|change|remove` */
import { type Command, Option } from 'commander'
import type { GroupView } from '../../api/outside-operations.ts'
import { type CommandContext, accepted } from '../context.ts'
import { printable } from '../output/text.ts'
import { readList, readTargetOrNone, readWhole } from '../outside-values.ts'
import { describeCommand, type Runner } from '../runner.ts'
import { given } from './trunk-settings.ts'

export function registerGroup(program: Command, runner: Runner): void {
  const group = describeCommand('group', 'several extensions that ring under one number', [
    'group add 200 --name Sales --members 101,102',
    'group list',
  ])
  group.addCommand(addCommand(runner))
  group.addCommand(listCommand(runner))
  group.addCommand(changeCommand(runner))
  group.addCommand(removeCommand(runner))
  program.addCommand(group)
}

interface GroupFlags {
  readonly name?: string
  readonly members?: string
  readonly strategy?: 'all' | 'in-order' | 'longest-idle'
  readonly stepSeconds?: string
  readonly otherwise?: string
}

function groupOptions(command: Command): Command {
  return command
    .option('--name <name>', 'name that phones show')
    .addOption(
      new Option('--strategy <how>', 'all at once, one after another, or who has not talked for longest first').choices(
        ['all', 'in-order', 'longest-idle'],
      ),
    )
    .option('--step-seconds <seconds>', 'how long one step rings; for "all": everybody')
    .option('--otherwise <target>', 'where the call goes when nobody takes it ("none": the caller hears so)')
    .addHelpText('after', '\nA target: extension:101, group:200, external:+4930123456, trunk:pbx, or reject.')
}

/** What the options say. Throws CommandError. */
function changeOf({ name, members, strategy, stepSeconds, otherwise }: GroupFlags) {
  return given({
    name,
    strategy,
    members: members === undefined ? undefined : readList(members),
    stepSeconds: stepSeconds === undefined ? undefined : readWhole('--step-seconds', stepSeconds, 1, 3_600),
    otherwise: otherwise === undefined ? undefined : readTargetOrNone('--otherwise', otherwise),
  })
}

function addCommand(runner: Runner): Command {
  const command = describeCommand('add', 'add a ring group', [
    'group add 200 --name Sales --members 101,102',
    'group add 201 --members 101,102,103 --strategy in-order --step-seconds 15 --otherwise extension:100',
  ])
    .argument('<number>', 'what people dial, such as 200')
    .requiredOption('--members <extensions>', 'who rings, in order: 101,102')
  return groupOptions(command).action(
    runner.action<GroupFlags & { readonly members: string }>(async (context, [number = ''], flags) => {
      const change = { ...changeOf(flags), members: readList(flags.members) }
      const added = await context.withOperations(async operations =>
        accepted(await operations.groupAdd({ number, ...change })),
      )
      if (context.options.json) context.printJson(added)
      else {
        context.print(`Group ${added.number} (${printable(added.name)}) was added: ${added.members.join(', ')}.\n`)
        context.remark(`Next, a number for it: ringfence number add +493012345678 --to group:${added.number}\n`)
      }
      return undefined
    }),
  )
}

function changeCommand(runner: Runner): Command {
  const command = describeCommand('change', 'change a ring group; what is not named stays', [
    'group change 200 --members 101,103',
    'group change 200 --strategy longest-idle --otherwise none',
  ])
    .argument('<number>', 'the group')
    .option('--members <extensions>', 'who rings, in order: 101,102')
  return groupOptions(command).action(
    runner.action<GroupFlags>(async (context, [number = ''], flags) => {
      const change = changeOf(flags)
      const changed = await context.withOperations(async operations =>
        accepted(await operations.groupChange({ number, ...change })),
      )
      if (context.options.json) context.printJson(changed)
      else context.print(`Group ${changed.number} was changed: ${changed.members.join(', ')}, ${howOf(changed)}.\n`)
      return undefined
    }),
  )
}

function howOf({ strategy, stepSeconds }: GroupView): string {
  return `${strategy}, ${stepSeconds} s`
}

function listCommand(runner: Runner): Command {
  return describeCommand('list', 'list the ring groups', ['group list', 'group list --json']).action(
    runner.action(async context => {
      const groups = await context.withOperations(async operations => accepted(await operations.groupList()))
      if (context.options.json) context.printJson(groups)
      else printGroups(context, groups)
      return undefined
    }),
  )
}

function printGroups(context: CommandContext, groups: readonly GroupView[]): void {
  if (groups.length === 0) {
    context.print('There is no group yet. Add one: ringfence group add 200 --name Sales --members 101,102\n')
    return
  }
  context.printTable(
    ['GROUP', 'NAME', 'MEMBERS', 'RINGS', 'OTHERWISE'],
    groups.map(group => [
      group.number,
      group.name,
      group.members.join(', '),
      howOf(group),
      group.otherwise ?? 'the caller hears so',
    ]),
  )
}

function removeCommand(runner: Runner): Command {
  return describeCommand('remove', 'remove a ring group; its members stay', ['group remove 200'])
    .argument('<number>', 'the group')
    .action(
      runner.action(async (context, [number = '']) => {
        const removed = await context.withOperations(async operations =>
          accepted(await operations.groupRemove({ number })),
        )
        if (context.options.json) context.printJson(removed)
        else context.print(`Group ${removed.number} was removed.\n`)
        return undefined
      }),
    )
}
