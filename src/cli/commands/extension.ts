/** `ringfence extension add|list|calling|suspend|restore|remove` */
import type { Command } from 'commander'
import type { ExtensionView } from '../../api/operations.ts'
import { type CommandContext, accepted } from '../context.ts'
import type { Cell } from '../output/text.ts'
import { countOf, printable } from '../output/text.ts'
import { describeCommand, type Runner } from '../runner.ts'
import { callingCommand } from './extension-calling.ts'

export function registerExtension(program: Command, runner: Runner): void {
  const extension = describeCommand('extension', 'who can be called: add, list, calling, suspend, restore, remove', [
    'extension add 101 --name "Front desk"',
    'extension list',
    'extension suspend 101 --reason "phone was stolen"',
  ])
  extension.addCommand(addCommand(runner))
  extension.addCommand(listCommand(runner))
  extension.addCommand(callingCommand(runner))
  extension.addCommand(stateCommand(runner, 'suspend'))
  extension.addCommand(stateCommand(runner, 'restore'))
  extension.addCommand(removeCommand(runner))
  program.addCommand(extension)
}

function addCommand(runner: Runner): Command {
  return describeCommand('add', 'add an extension', [
    'extension add 101 --name "Front desk"',
    'extension add 102 --name Ada --json',
  ])
    .argument('<number>', 'what people dial, such as 101')
    .option('--name <name>', 'name that phones show (default: the number)')
    .action(
      runner.action<{ name?: string }>(async (context, [number = ''], options) => {
        const added = await context.withOperations(async operations =>
          accepted(await operations.extensionAdd({ number, name: options.name ?? number })),
        )
        if (context.options.json) context.printJson(added)
        else {
          context.print(`Extension ${added.number} (${printable(added.name)}) was added.\n`)
          context.remark(`Next, a phone for it: ringfence device add --extension ${added.number}\n`)
        }
        return undefined
      }),
    )
}

function listCommand(runner: Runner): Command {
  return describeCommand('list', 'list the extensions', ['extension list', 'extension list --json']).action(
    runner.action(async context => {
      const { extensions, live } = await context.withOperations(async (operations, opened) => ({
        extensions: accepted(await operations.extensionList()),
        live: opened.live,
      }))
      if (context.options.json) context.printJson(extensions)
      else printExtensions(context, extensions, live)
      return undefined
    }),
  )
}

function printExtensions(context: CommandContext, extensions: readonly ExtensionView[], live: boolean): void {
  if (extensions.length === 0) {
    context.print('There is no extension yet. Add one: ringfence extension add 101 --name "Front desk"\n')
    return
  }
  const rows = extensions.map(each => [
    each.number,
    each.name,
    stateCell(each),
    String(each.devices),
    live ? String(each.registered) : '?',
  ])
  context.printTable(['EXTENSION', 'NAME', 'STATE', 'DEVICES', 'REGISTERED'], rows)
  if (!live) context.remark('No server runs: nobody knows what is registered.\n')
}

function stateCell({ state, suspendedReason }: ExtensionView): Cell {
  if (state === 'active') return { text: 'active', style: 'green' }
  return { text: printable(`suspended: ${suspendedReason ?? ''}`, 60), style: 'yellow' }
}

function stateCommand(runner: Runner, verb: 'suspend' | 'restore'): Command {
  const description =
    verb === 'suspend'
      ? 'no calls to the outside from an extension; internal and emergency calls go on'
      : 'lift the suspension of an extension'
  const example = verb === 'suspend' ? 'phone was stolen' : 'phone was found'
  return describeCommand(verb, description, [`extension ${verb} 101 --reason "${example}"`])
    .argument('<number>', 'the extension')
    .option('--reason <text>', 'why, for the log', 'by the operator')
    .action(
      runner.action<{ reason: string }>(async (context, [number = ''], { reason }) => {
        const view = await context.withOperations(async operations => {
          const change = verb === 'suspend' ? operations.extensionSuspend : operations.extensionRestore
          return accepted(await change.call(operations, { number, reason }))
        })
        if (context.options.json) context.printJson(view)
        else context.print(`Extension ${view.number} is ${view.state}.\n`)
        return undefined
      }),
    )
}

function removeCommand(runner: Runner): Command {
  return describeCommand('remove', 'remove an extension, its devices and their registrations', ['extension remove 101'])
    .argument('<number>', 'the extension')
    .action(
      runner.action(async (context, [number = '']) => {
        const removed = await context.withOperations(async operations =>
          accepted(await operations.extensionRemove({ number })),
        )
        if (context.options.json) context.printJson(removed)
        else context.print(`Extension ${removed.number} was removed, with ${countOf(removed.devices, 'device')}.\n`)
        return undefined
      }),
    )
}
