/** `ringfence api-key list|add|remove`: keys of programs */
import type { Command } from 'commander'
import { type ApiKeyRow, LONGEST_KEY_SECONDS, PERMISSIONS, type Permission } from '../../api/people-operations.ts'
import { accepted } from '../context.ts'
import { readSpan } from '../fraud-values.ts'
import { collect, usage } from '../outside-values.ts'
import type { Cell } from '../output/text.ts'
import { printable } from '../output/text.ts'
import { formatTime } from '../output/time.ts'
import { describeCommand, type Runner } from '../runner.ts'
import { readWhere, type WhereFlags, whereOptions } from './where.ts'

interface AddFlags extends WhereFlags {
  readonly scope: readonly string[]
  readonly network?: readonly string[]
  readonly for: string
}

export function registerApiKey(program: Command, runner: Runner): void {
  const keys = describeCommand('api-key', 'keys by which programs use the API: scoped, bound to networks, and ending', [
    'api-key list',
    'api-key add monitoring --scope status:read,calls:read --network 192.0.2.0/24',
    'api-key remove monitoring',
  ])
  keys.addCommand(listCommand(runner))
  keys.addCommand(addCommand(runner))
  keys.addCommand(removeCommand(runner))
  program.addCommand(keys)
}

function listCommand(runner: Runner): Command {
  return describeCommand('list', 'all keys: what each may do, from where, and when it ends', ['api-key list']).action(
    runner.action(async context => {
      const keys = await context.withOperations(async operations => accepted(await operations.apiKeyList()))
      if (context.options.json) context.printJson(keys)
      else if (keys.length === 0) context.print('There are no keys.\n')
      else {
        const now = context.ports.clock.now()
        context.printTable(
          ['ID', 'NAME', 'OF', 'SCOPES', 'FROM', 'ENDS', 'LAST USED', 'MADE BY'],
          keys.map(each => [
            each.id,
            each.name,
            each.organisation ?? 'whole installation',
            each.scopes.join(' '),
            each.networks.length === 0 ? { text: 'anywhere', style: 'yellow' } : each.networks.join(' '),
            endCell(each, now),
            formatTime(each.lastUsedAt),
            each.createdBy,
          ]),
        )
      }
      return undefined
    }),
  )
}

function endCell({ expiresAt }: ApiKeyRow, now: number): Cell {
  return expiresAt > now ? { text: formatTime(expiresAt) } : { text: 'over', style: 'red' }
}

function addCommand(runner: Runner): Command {
  const command = describeCommand('add', 'make a key, and print it once', [
    'api-key add monitoring --scope status:read,calls:read --network 192.0.2.0/24',
    'api-key add siem --scope log:read --network 192.0.2.7 --for 30d --installation',
  ])
    .argument('<name>', 'what it is for')
    .requiredOption('--scope <scope...>', 'what it may do; docs/people.md lists the scopes', collect)
    .option('--network <network...>', 'where it may be used from (default: anywhere)', collect)
    .option('--for <time>', 'when it ends: 30d, 52w', '90d')
  return whereOptions(command).action(
    runner.action<AddFlags>(async (context, [name = ''], flags) => {
      const seconds = readSpan('--for', flags.for, LONGEST_KEY_SECONDS)
      const scopes = flags.scope.map(readScope)
      const input = { name, scopes, networks: flags.network ?? [], seconds, ...readWhere(flags) }
      const key = await context.withOperations(async operations => accepted(await operations.apiKeyAdd(input)))
      if (context.options.json) context.printJson(key)
      else {
        context.print(`${key.secret}\n`)
        context.remark(
          `The key ${printable(key.name)} is not shown again. It ends at ${formatTime(key.expiresAt)}. Use it as:\n` +
            '  Authorization: Bearer KEY\n' +
            (key.networks.length === 0 ? 'It works from anywhere: --network binds a key to where it is used.\n' : ''),
        )
      }
      return undefined
    }),
  )
}

function readScope(text: string): Permission {
  const scope = PERMISSIONS.find(each => each === text)
  if (scope !== undefined) return scope
  throw usage('--scope', text, 'is no scope; for example status:read (docs/people.md lists them)')
}

function removeCommand(runner: Runner): Command {
  return describeCommand('remove', 'a key stops working at once', ['api-key remove monitoring'])
    .argument('<key>', 'its name or id')
    .action(
      runner.action(async (context, [key = '']) => {
        const removed = await context.withOperations(async operations =>
          accepted(await operations.apiKeyRemove({ key })),
        )
        if (context.options.json) context.printJson(removed)
        else context.print(`The key ${printable(removed.name)} is removed.\n`)
        return undefined
      }),
    )
}
