/** `ringfence fraud simulate ATTACK` */
import { Argument, type Command } from 'commander'
import type { TrunkView } from '../../api/outside-operations.ts'
import { inAnyNetwork, parseNetwork } from '../../base/network.ts'
import { type CommandContext, accepted } from '../context.ts'
import { CommandError, EXIT } from '../errors.ts'
import { requireServer } from '../live.ts'
import { readCount } from '../option-values.ts'
import { readE164 } from '../outside-values.ts'
import { formatLines, type Line } from '../output/lines.ts'
import { countOf } from '../output/text.ts'
import { describeCommand, type Runner } from '../runner.ts'
import { type Attack, ATTACKS, DESCRIPTIONS, planAttack, type PlannedCall } from '../simulate/attacks.ts'
import { runSimulation, type SimulationReport } from '../simulate/run-simulation.ts'

const MAXIMUM_CALLS = 100
const MAXIMUM_SECONDS = 600
const LOOPBACK = [parseNetwork('127.0.0.0/8')!, parseNetwork('::1')!]

const WHAT_IT_DOES = `
${ATTACKS.map(attack => `  ${attack.padEnd(11)} ${DESCRIPTIONS[attack]}`).join('\n')}

A phone of our own registers at the running server over TLS as the extension and dials like a thief; afterwards its
calls are ended and it is removed. The decisions stay: an extension that was suspended is restored with "ringfence
extension restore". Meant for a test instance whose trunks lead to this machine alone (127.0.0.1, ::1); where one leads
elsewhere the calls would cost money, and it refuses. What is closed by country or class stays closed: that is
the first thing that an attack meets. Exit code 1 when more was charged than the cap of the day.`

interface SimulateFlags {
  readonly from: string
  readonly calls: string
  readonly seconds: string
  readonly destination?: string
  readonly dryRun?: boolean
  readonly allowInsecureRealTrunks?: boolean
}

export function simulateCommand(runner: Runner): Command {
  return describeCommand('simulate', 'attack a test instance with real calls, and measure what it lets through', [
    'fraud simulate burst --from 101',
    'fraud simulate spray --from 101 --calls 60 --seconds 60 --json',
    'fraud simulate burst --from 101 --destination +4915000000001 --dry-run',
  ])
    .addArgument(new Argument('<attack>', 'what a thief does').choices([...ATTACKS]))
    .requiredOption('--from <extension>', 'whose credential was stolen')
    .option('--calls <number>', `at most ${MAXIMUM_CALLS}`, '20')
    .option('--seconds <number>', `of the whole attack, at most ${MAXIMUM_SECONDS}`, '30')
    .option('--destination <number>', 'the first number, with its country code; the others count up from it')
    .option('--dry-run', 'say what it would do; no call is placed')
    .option('--allow-insecure-real-trunks', 'also where trunks lead out of this machine: its calls may cost real money')
    .addHelpText('after', WHAT_IT_DOES)
    .action(
      runner.action<SimulateFlags>(async (context, [name = ''], flags) => {
        const attack = name as Attack
        const seconds = readCount('--seconds', flags.seconds, MAXIMUM_SECONDS)
        const calls = readCount('--calls', flags.calls, MAXIMUM_CALLS)
        const destination = flags.destination === undefined ? undefined : readE164('--destination', flags.destination)
        const plan = planAttack(attack, { calls, seconds, destination })
        announce(context, attack, flags.from, plan, seconds)
        if (flags.dryRun === true) {
          if (context.options.json) context.printJson({ attack, from: flags.from, seconds, plan })
          return undefined
        }
        const report = await simulate(context, { ...flags, seconds, plan, attack })
        if (context.options.json) context.printJson({ attack, ...report })
        else printReport(context, report)
        return report.ok ? EXIT.ok : EXIT.failed
      }),
    )
}

/** Before anything is done. */
function announce(
  context: CommandContext,
  attack: Attack,
  from: string,
  plan: readonly PlannedCall[],
  seconds: number,
): void {
  if (context.options.json) return
  const numbers = [...new Set(plan.map(each => each.number))]
  const shown = numbers.length <= 3 ? numbers.join(', ') : `${numbers.slice(0, 2).join(', ')} … ${numbers.at(-1)}`
  context.print(`${attack}: ${DESCRIPTIONS[attack]}.\n`)
  context.print(`${countOf(plan.length, 'call')} from ${from} within ${seconds} s, to ${shown}.\n\n`)
}

interface Simulation {
  readonly attack: Attack
  readonly from: string
  readonly seconds: number
  readonly plan: readonly PlannedCall[]
  readonly allowInsecureRealTrunks?: boolean
}

async function simulate(context: CommandContext, simulation: Simulation): Promise<SimulationReport> {
  return context.withOperations(async (operations, opened) => {
    requireServer(opened, context.options.data)
    const real = accepted(await operations.trunkList()).filter(each => each.state === 'enabled' && !staysHere(each))
    if (real.length > 0 && simulation.allowInsecureRealTrunks !== true) {
      const names = real.map(({ name, host }) => `${name} (${host})`).join(', ')
      const text = `calls could leave this machine and cost money by ${names}; attack a test instance whose trunks are on 127.0.0.1`
      throw new CommandError('COMMAND_USAGE', text)
    }
    if (simulation.attack === 'night' && accepted(await operations.fraudStatus()).officeOpen) {
      const text =
        'the office is open now; for a night set hours that are over: ringfence calling set --hours "mon-fri 09:00-17:00"'
      throw new CommandError('COMMAND_USAGE', text)
    }
    const { promise: interrupted, reject } = Promise.withResolvers<never>()
    interrupted.catch(() => undefined)
    const forget = context.ports.onSignal(() =>
      reject(new CommandError('COMMAND_FAILED', 'the attack was interrupted')),
    )
    const { from: extension, plan, seconds } = simulation
    const run = runSimulation({ operations, extension, plan, seconds, clock: context.ports.clock, interrupted })
    return context.progress('attacking', run).finally(forget)
  })
}

/** A name could lead anywhere: only addresses are believed. */
function staysHere({ host }: TrunkView): boolean {
  return inAnyNetwork(host.replace(/^\[(.*)\]$/, '$1'), LOOPBACK)
}

function printReport(context: CommandContext, report: SimulationReport): void {
  const { currency, suspendedMs, firstRefusedMs, rules, refused } = report
  const after = (milliseconds: number | null): string =>
    milliseconds === null ? 'never' : `${(milliseconds / 1_000).toFixed(1)} s after the first call`
  const lines: readonly Line[] = [
    ['Calls', `${report.placed} of ${report.planned} placed, ${report.answered} answered, ${report.cut} ended by us`],
    ['First refusal', after(firstRefusedMs)],
    ['Suspended', after(suspendedMs)],
    ['Rules', rules.length === 0 ? 'none found anything' : rules.join(', ')],
    ['Charged', `${report.charged} ${currency}; ${report.chargedToday} of ${report.capToday} today`],
  ]
  context.print(formatLines(lines, context.paint))
  if (refused.length > 0) {
    context.print('\n')
    context.printTable(
      ['REFUSED', 'WITH', 'BECAUSE'],
      refused.map(({ calls, status, reason }) => [String(calls), String(status), reason]),
    )
  }
  const verdict = report.ok
    ? `${context.paint('green', 'OK')}  no more was charged than the cap of the day.`
    : `${context.paint('red', 'FAIL')}  more was charged than the cap of the day.`
  context.print(`\n${verdict}\n`)
  if (suspendedMs !== null)
    context.remark(`Afterwards: ringfence extension restore ${report.extension} --reason "a test"\n`)
}
