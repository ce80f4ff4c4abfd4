/** `ringfence device add|list|remove|import` */
import type { Command } from 'commander'
import type { DeviceView } from '../../api/operations.ts'
import { type CommandContext, accepted } from '../context.ts'
import { CommandError } from '../errors.ts'
import type { Cell } from '../output/text.ts'
import { printable } from '../output/text.ts'
import { formatTime } from '../output/time.ts'
import { phoneInstructions } from '../phone-instructions.ts'
import { writePhoneFiles } from '../phone-files.ts'
import { describeCommand, type Runner } from '../runner.ts'
import { importCommand } from './device-import.ts'

export function registerDevice(program: Command, runner: Runner): void {
  const device = describeCommand('device', 'the phones of an extension: add, list, remove, import', [
    'device add --extension 101',
    'device list',
  ])
  device.addCommand(addCommand(runner))
  device.addCommand(listCommand(runner))
  device.addCommand(removeCommand(runner))
  device.addCommand(importCommand(runner))
  program.addCommand(device)
}

interface AddOptions {
  readonly extension: string
  readonly label?: string
  readonly writeConfig?: string
}

function addCommand(runner: Runner): Command {
  return describeCommand('add', 'make the credentials of one phone, and say once what to type into it', [
    'device add --extension 101',
    'device add --extension 101 --label "desk phone" --json',
    'device add --extension 101 --write-config ./phone-101',
  ])
    .requiredOption('--extension <number>', 'the extension that the phone belongs to')
    .option('--label <text>', 'to tell phones apart, such as "desk phone"')
    .option('--write-config <dir>', 'also write ready files for baresip and linphone into this folder')
    .action(
      runner.action<AddOptions>(async (context, _operands, { extension, label, writeConfig }) => {
        const credentials = await context.withOperations(async operations =>
          accepted(await operations.deviceAdd({ extension, ...(label === undefined ? {} : { label }) })),
        )
        if (context.options.json) context.printJson(credentials)
        else context.print(phoneInstructions(credentials, extension, context.paint))
        if (writeConfig === undefined) return undefined
        try {
          const written = writePhoneFiles(writeConfig, credentials)
          context.remark(`\nReady files, to be read by nobody else:\n${written.map(file => `  ${file}\n`).join('')}`)
        } catch (error) {
          const text = `the device was added, but its files were not written: ${(error as Error).message}`
          throw new CommandError('COMMAND_FILE', text)
        }
        return undefined
      }),
    )
}

function listCommand(runner: Runner): Command {
  return describeCommand('list', 'list the phones and where they are registered', [
    'device list',
    'device list --extension 101 --json',
  ])
    .option('--extension <number>', 'only those of this extension')
    .action(
      runner.action<{ extension?: string }>(async (context, _operands, { extension }) => {
        const { devices, live } = await context.withOperations(async (operations, opened) => ({
          devices: accepted(await operations.deviceList(extension === undefined ? {} : { extension })),
          live: opened.live,
        }))
        if (context.options.json) context.printJson(devices)
        else printDevices(context, devices, live)
        return undefined
      }),
    )
}

function printDevices(context: CommandContext, devices: readonly DeviceView[], live: boolean): void {
  if (devices.length === 0) {
    context.print('There is no device here yet. Add one: ringfence device add --extension 101\n')
    return
  }
  const rows = devices.map(device => [
    device.extension,
    device.username,
    device.label,
    live ? registeredCell(device) : '?',
    device.expiresAt === null ? '' : formatTime(device.expiresAt),
    device.userAgent ?? '',
    noteCell(device),
  ])
  context.printTable(['EXTENSION', 'USERNAME', 'LABEL', 'REGISTERED', 'UNTIL', 'PHONE', 'NOTE'], rows)
  if (!live) context.remark('No server runs: nobody knows what is registered.\n')
}

function registeredCell(device: DeviceView): Cell {
  if (!device.registered) return { text: 'no', style: 'dim' }
  return { text: printable(`${device.protocol ?? ''} from ${device.sourceAddress ?? '?'}`), style: 'green' }
}

function noteCell(device: DeviceView): Cell {
  const notes = [
    ...(device.weaker ? ['weaker: MD5 digest'] : []),
    ...(device.allowInsecureImportedSecret ? ['allowInsecure: imported secret'] : []),
  ]
  return { text: notes.join(', '), style: 'yellow' }
}

function removeCommand(runner: Runner): Command {
  return describeCommand('remove', 'remove a phone: its credentials stop working at once', [
    'device remove k3v9x2m7q4tz',
  ])
    .argument('<username>', 'the user name, from: ringfence device list')
    .action(
      runner.action(async (context, [username = '']) => {
        const removed = await context.withOperations(async operations =>
          accepted(await operations.deviceRemove({ username })),
        )
        if (context.options.json) context.printJson(removed)
        else context.print(`Device ${removed.username} was removed.\n`)
        return undefined
      }),
    )
}
