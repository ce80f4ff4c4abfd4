/** `ringfence doctor` */
import { join } from 'node:path'
import type { Command } from 'commander'
import type { SystemStatus } from '../../api/operations.ts'
import type { Configuration } from '../../config/schema.ts'
import { loadConfiguration } from '../../config/load.ts'
import type { CommandContext } from '../context.ts'
import { accepted } from '../context.ts'
import { CommandError, EXIT, explain } from '../errors.ts'
import { examine } from '../doctor/doctor.ts'
import { createMachine } from '../doctor/machine.ts'
import type { DoctorContext, Finding, FindingState, FraudFacts, Machine, OutsideFacts } from '../doctor/types.ts'
import type { Style } from '../output/text.ts'
import { describeCommand, type Runner } from '../runner.ts'

interface DoctorFlags {
  readonly config?: string
  readonly domain?: string
  readonly listen?: readonly string[]
  readonly sipTlsPort?: string
  readonly httpsPort?: string
}

const MARKS: Readonly<Record<FindingState, readonly [text: string, style: Style]>> = {
  ok: ['ok  ', 'green'],
  warn: ['warn', 'yellow'],
  fail: ['FAIL', 'red'],
  skipped: ['-   ', 'dim'],
}

export function registerDoctor(program: Command, runner: Runner, machine: Machine = createMachine()): void {
  program.addCommand(
    describeCommand('doctor', 'what is wrong with this machine, and what to do about it', [
      'doctor',
      'doctor --config /etc/ringfence/ringfence.yaml',
      'doctor --json',
    ])
      .option('--config <file>', 'the settings that serve is started with')
      .option('--domain <name>', 'as for serve')
      .option('--listen <address...>', 'as for serve')
      .option('--sip-tls-port <port>', 'as for serve')
      .option('--https-port <port>', 'as for serve')
      .addHelpText('after', '\nExit code 1 when a line says FAIL.')
      .action(
        runner.action<DoctorFlags>(async (context, _operands, flags) => {
          const { config, ...overrides } = flags
          const loaded = loadConfiguration({
            ...(config === undefined ? {} : { file: config }),
            overrides: { ...overrides, data: context.options.data },
            now: context.ports.clock.now(),
          })
          // An expired or mistaken setting is what doctor is for, but without settings there is nothing to check.
          if (!loaded.ok) throw Object.assign(new Error(loaded.error.message), { code: loaded.error.code })
          const system = await lookAtSystem(context, loaded.value, machine)
          const findings = await context.progress('examining', examine(system))
          print(context, findings)
          return findings.some(finding => finding.state === 'fail') ? EXIT.failed : EXIT.ok
        }),
      ),
  )
}

async function lookAtSystem(
  context: CommandContext,
  configuration: Configuration,
  machine: Machine,
): Promise<DoctorContext> {
  let status: SystemStatus | undefined
  let storeFault: string | undefined
  let outside: OutsideFacts | undefined
  let fraud: FraudFacts | undefined
  // On a fresh machine nothing is made just for looking.
  if (machine.fileFacts(configuration.dataDirectory) !== undefined) {
    try {
      status = await context.withOperations(async (operations, opened) => {
        accepted(await operations.extensionList())
        outside = {
          trunks: accepted(await operations.trunkList()),
          numbers: accepted(await operations.numberList()).length,
          calling: accepted(await operations.callingShow()),
        }
        fraud = {
          status: accepted(await operations.fraudStatus()),
          rules: accepted(await operations.fraudRules()),
        }
        return opened.live ? accepted(await operations.status()) : undefined
      })
    } catch (error) {
      if (error instanceof CommandError && error.exit === EXIT.usage) throw error
      storeFault = explain(error).message
    }
  }
  const pid = Number(machine.readText(join(configuration.dataDirectory, 'ringfence.pid'))?.trim() ?? Number.NaN)
  return {
    configuration,
    machine,
    now: context.ports.clock.now(),
    nodeVersion: context.ports.nodeVersion,
    status,
    serverPid: status !== undefined && Number.isInteger(pid) ? pid : undefined,
    storeFault,
    outside,
    fraud,
  }
}

function print(context: CommandContext, findings: readonly Finding[]): void {
  if (context.options.json) {
    const count = (state: FindingState): number => findings.filter(finding => finding.state === state).length
    context.printJson({ ok: count('fail') === 0, warnings: count('warn'), failures: count('fail'), findings })
    return
  }
  const width = Math.max(...findings.map(finding => finding.check.length))
  for (const { check, state, message, advice } of findings) {
    const [mark, style] = MARKS[state]
    context.print(`${context.paint(style, mark)}  ${check.padEnd(width)}  ${message}\n`)
    if (advice !== null) context.print(`${' '.repeat(width + 8)}-> ${advice}\n`)
  }
}
