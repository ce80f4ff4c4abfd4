/** `ringfence trunk add|list|show|change|test|enable|disable|remove` */
import type { Command } from 'commander'
import type { TrunkView } from '../../api/outside-operations.ts'
import { type CommandContext, accepted } from '../context.ts'
import { EXIT } from '../errors.ts'
import { requireServer } from '../live.ts'
import { printable } from '../output/text.ts'
import { describeCommand, type Runner } from '../runner.ts'
import { addTrunkOptions, given, passwordOf, type TrunkFlags, trunkChangeOf } from './trunk-settings.ts'
import { printTrunk, printTrunks } from './trunk-text.ts'

export function registerTrunk(program: Command, runner: Runner): void {
  const trunk = describeCommand('trunk', 'ways to the outside: providers, and exchanges behind us', [
    'trunk add provider --host sip.example.net --register --username 4930123',
    'trunk test provider',
    'trunk list',
  ])
  trunk.addCommand(addCommand(runner))
  trunk.addCommand(listCommand(runner))
  trunk.addCommand(showCommand(runner))
  trunk.addCommand(changeCommand(runner))
  trunk.addCommand(testCommand(runner))
  trunk.addCommand(stateCommand(runner, 'enable'))
  trunk.addCommand(stateCommand(runner, 'disable'))
  trunk.addCommand(removeCommand(runner))
  program.addCommand(trunk)
}

function addCommand(runner: Runner): Command {
  const command = describeCommand('add', 'add a trunk: TLS and SRTP, unless told otherwise', [
    'trunk add provider --host sip.example.net --register --username 4930123 --password-file ./password',
    'trunk add backup --host 192.0.2.20 --transport udp --allow-insecure-signalling --allow-insecure-media --source 192.0.2.20',
    'trunk add pbx --purpose pbx --host 10.0.0.5 --transport udp --allow-insecure-signalling --allow-insecure-media --source 10.0.0.5',
  ]).argument('<name>', 'what to call it: letters a-z, digits, "-"')
  return addTrunkOptions(command, false).action(
    runner.action<TrunkFlags & { readonly host: string }>(async (context, [name = ''], flags) => {
      const settings = { ...trunkChangeOf(flags), host: flags.host }
      const password = await passwordOf(context, flags, true)
      const { added, country } = await context.withOperations(async operations => ({
        added: accepted(await operations.trunkAdd({ name, ...settings, ...given({ password }) })),
        country: accepted(await operations.callingShow()).country,
      }))
      if (context.options.json) context.printJson(added)
      else {
        context.print(`Trunk ${added.name} to ${printable(added.host)} was added.\n`)
        remarkWeakened(context, added)
        const other = country === 'DE' ? 'AT' : 'DE'
        const wrong = `where that is wrong: ringfence calling set --country ${other}`
        if (added.purpose === 'provider') context.remark(`Numbers are dialled as in ${country}; ${wrong}\n`)
        context.remark(`Next, see whether it answers: ringfence trunk test ${added.name}\n`)
      }
      return undefined
    }),
  )
}

function remarkWeakened(context: CommandContext, { weakened }: TrunkView): void {
  for (const text of weakened) context.remark(`NOT ENCRYPTED: ${printable(text)}\n`)
}

function listCommand(runner: Runner): Command {
  return describeCommand('list', 'list the trunks, and whether they are up', [
    'trunk list',
    'trunk list --json',
  ]).action(
    runner.action(async context => {
      const { trunks, live } = await context.withOperations(async (operations, opened) => ({
        trunks: accepted(await operations.trunkList()),
        live: opened.live,
      }))
      if (context.options.json) context.printJson(trunks)
      else printTrunks(context, trunks, live)
      return undefined
    }),
  )
}

function showCommand(runner: Runner): Command {
  return describeCommand('show', 'all settings of a trunk, and how it is', ['trunk show provider'])
    .argument('<name>', 'the trunk')
    .action(
      runner.action(async (context, [name = '']) => {
        const trunk = await context.withOperations(async operations => accepted(await operations.trunkShow({ name })))
        if (context.options.json) context.printJson(trunk)
        else printTrunk(context, trunk)
        return undefined
      }),
    )
}

function changeCommand(runner: Runner): Command {
  const command = describeCommand('change', 'change settings of a trunk; what is not named stays', [
    'trunk change provider --maximum-calls 10 --priority 20',
    'trunk change provider --new-password',
    'trunk change provider --certificate-authority none',
  ])
    .argument('<name>', 'the trunk')
    .addHelpText('after', '\nThe value "none" takes away what was set.')
  return addTrunkOptions(command, true).action(
    runner.action<TrunkFlags>(async (context, [name = ''], flags) => {
      const settings = trunkChangeOf(flags)
      const password = await passwordOf(context, flags, false)
      const changed = await context.withOperations(async operations =>
        accepted(await operations.trunkChange({ name, ...settings, ...given({ password }) })),
      )
      if (context.options.json) context.printJson(changed)
      else {
        context.print(`Trunk ${changed.name} was changed.\n`)
        remarkWeakened(context, changed)
      }
      return undefined
    }),
  )
}

function testCommand(runner: Runner): Command {
  return describeCommand('test', 'register there, or ask it with OPTIONS, once, and say what is wrong', [
    'trunk test provider',
    'trunk test provider --json',
  ])
    .argument('<name>', 'the trunk')
    .addHelpText('after', '\nExit code 1 when a step failed.')
    .action(
      runner.action(async (context, [name = '']) => {
        const test = await context.withOperations(async (operations, opened) => {
          requireServer(opened, context.options.data)
          return accepted(await context.progress(`testing ${name}`, operations.trunkTest({ name })))
        })
        if (context.options.json) context.printJson(test)
        else {
          const width = Math.max(0, ...test.steps.map(({ step }) => step.length))
          for (const { step, ok, detail } of test.steps) {
            const mark = context.paint(ok ? 'green' : 'red', ok ? 'ok  ' : 'FAIL')
            context.print(`${mark}  ${printable(step).padEnd(width)}  ${printable(detail, 500)}\n`)
          }
          context.print(test.ok ? `Trunk ${name} works.\n` : `Trunk ${name} does not work.\n`)
        }
        return test.ok ? EXIT.ok : EXIT.failed
      }),
    )
}

function stateCommand(runner: Runner, verb: 'enable' | 'disable'): Command {
  const description =
    verb === 'enable' ? 'use a trunk again' : 'no calls by a trunk any more; emergency calls still try it last'
  return describeCommand(verb, description, [`trunk ${verb} provider`])
    .argument('<name>', 'the trunk')
    .action(
      runner.action(async (context, [name = '']) => {
        const changed = await context.withOperations(async operations =>
          accepted(await operations.trunkChange({ name, state: `${verb}d` })),
        )
        if (context.options.json) context.printJson(changed)
        else context.print(`Trunk ${changed.name} is ${changed.state}.\n`)
        return undefined
      }),
    )
}

function removeCommand(runner: Runner): Command {
  return describeCommand('remove', 'remove a trunk and its password', ['trunk remove backup'])
    .argument('<name>', 'the trunk')
    .action(
      runner.action(async (context, [name = '']) => {
        const removed = await context.withOperations(async operations =>
          accepted(await operations.trunkRemove({ name })),
        )
        if (context.options.json) context.printJson(removed)
        else context.print(`Trunk ${removed.name} was removed.\n`)
        return undefined
      }),
    )
}
