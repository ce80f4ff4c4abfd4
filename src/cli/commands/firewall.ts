/** `ringfence firewall …`: what was stopped, who is banned and why, and what a person orders */
import type { Command } from 'commander'
import type { FirewallStatus, ListView } from '../../api/firewall-operations.ts'
import { type CommandContext, accepted } from '../context.ts'
import { formatLines, type Line } from '../output/lines.ts'
import { type Cell, countOf } from '../output/text.ts'
import { formatTime } from '../output/time.ts'
import { describeCommand, type Runner } from '../runner.ts'
import { decisionsCommand, explainCommand } from './firewall-decisions.ts'
import { allowCommand, banCommand, unbanCommand } from './firewall-orders.ts'
import { testCommand } from './firewall-test.ts'
import { watchCommand } from './firewall-watch.ts'

export function registerFirewall(program: Command, runner: Runner): void {
  const firewall = describeCommand(
    'firewall',
    'who is kept out and why: scanners, guessers, lists, and what you order',
    ['firewall status', 'firewall explain 198.51.100.7', 'firewall unban 198.51.100.7 --reason "our new office"'],
  )
  firewall.addCommand(statusCommand(runner))
  firewall.addCommand(decisionsCommand(runner))
  firewall.addCommand(explainCommand(runner))
  firewall.addCommand(banCommand(runner))
  firewall.addCommand(unbanCommand(runner))
  firewall.addCommand(allowCommand(runner))
  firewall.addCommand(listsCommand(runner))
  firewall.addCommand(testCommand(runner))
  firewall.addCommand(watchCommand(runner))
  program.addCommand(firewall)
}

function statusCommand(runner: Runner): Command {
  return describeCommand('status', 'what was stopped in the last hour and day, by which rule, and from where', [
    'firewall status',
    'firewall status --json',
  ]).action(
    runner.action(async context => {
      const status = await context.withOperations(async operations => accepted(await operations.firewallStatus()))
      if (context.options.json) context.printJson(status)
      else print(context, status)
      return undefined
    }),
  )
}

function print(context: CommandContext, status: FirewallStatus): void {
  const { stopped, sources, bans, backOffs, allowed, tried, lists, kernel, signatures } = status
  const hour = stopped.reduce((sum, each) => sum + each.lastHour, 0)
  const day = stopped.reduce((sum, each) => sum + each.lastDay, 0)
  const lines: readonly Line[] = [
    ['Stopped', `${countOf(hour, 'message')} in the last hour, ${day} in the last day`],
    ['Banned', bans === 0 ? 'nobody' : `${countOf(bans, 'source')}: ringfence firewall decisions`],
    [
      'Backing off',
      backOffs === 0 ? 'no account' : `${countOf(backOffs, 'account')} guessed at: strangers are not heard`,
    ],
    ['Always let in', allowed === 0 ? 'nobody' : countOf(allowed, 'source')],
    ['Kernel', kernelCell(kernel)],
    ['Signatures', `${signatures.count} of ${signatures.version}`],
    ...(tried.length === 0 ? [] : [['Tried only', { text: tried.join(', '), style: 'yellow' }] satisfies Line]),
  ]
  context.print(formatLines(lines, context.paint))
  if (stopped.length > 0) {
    context.print('\n')
    context.printTable(
      ['RULE', 'LAST HOUR', 'LAST DAY'],
      stopped.map(({ rule, lastHour, lastDay }) => [rule, String(lastHour), String(lastDay)]),
    )
  }
  if (sources.length > 0) {
    context.print('\n')
    context.printTable(
      ['FROM', 'COUNTRY', 'STOPPED', 'LAST BY'],
      sources.map(({ source, country, stopped: count, rule }) => [source, country ?? '', String(count), rule]),
    )
  }
  if (lists.length > 0) {
    context.print('\n')
    printLists(context, lists)
  }
}

function kernelCell({ state, detail }: FirewallStatus['kernel']): Cell {
  if (state === 'on') return { text: `on: ${detail}`, style: 'green' }
  return { text: `${state}: ${detail}; the process itself drops what is banned`, style: 'dim' }
}

function listsCommand(runner: Runner): Command {
  return describeCommand('lists', 'networks that others list: how many, from where, how old', [
    'firewall lists',
    'firewall lists --refresh',
    'firewall lists --refresh drop',
    'firewall lists --refresh drop --force',
  ])
    .option('--refresh [name]', 'read all of them, or this one, now')
    .option('--force', 'with --refresh: take also what has lost nine tenths of its networks, or grown tenfold')
    .action(
      runner.action<{ refresh?: string | true; force?: boolean }>(
        async (context, _operands, { refresh, force = false }) => {
          const lists = await context.withOperations(async operations => {
            if (refresh === undefined) return accepted(await operations.firewallLists())
            const name = refresh === true ? null : refresh
            return accepted(await context.progress('reading lists', operations.firewallListsRefresh({ name, force })))
          })
          if (context.options.json) context.printJson(lists)
          else if (lists.length === 0) context.print('No list is configured: firewall.lists in the configuration.\n')
          else printLists(context, lists)
          return undefined
        },
      ),
    )
}

function printLists(context: CommandContext, lists: readonly ListView[]): void {
  context.printTable(
    ['LIST', 'NETWORKS', 'READ', 'FROM', ''],
    lists.map(list => [
      list.name,
      String(list.entries),
      list.readAt === null ? 'never' : formatTime(list.readAt),
      list.from,
      noteCell(list),
    ]),
  )
}

function noteCell({ mode, isStale, problem, entries, remark }: ListView): Cell {
  const inForce = entries === 0 ? 'nothing of it is in force' : 'the one before stays in force'
  if (problem !== null) return { text: `${problem}; ${inForce}`, style: 'red' }
  if (isStale) return { text: 'stale', style: 'yellow' }
  return {
    text: [mode === 'dry-run' ? 'tried only' : '', remark ?? ''].filter(each => each !== '').join('; '),
    style: 'dim',
  }
}
