/** The `ringfence` program: its commands, global options, help, and one exit code for everything that can happen. */
import { Command, CommanderError, Option } from 'commander'
import { registerSearch } from './commands/search.ts'
import { registerAlert } from './commands/alert.ts'
import { registerApiKey } from './commands/api-key.ts'
import { registerBudget } from './commands/budget.ts'
import { registerCalling } from './commands/calling.ts'
import { registerCalls } from './commands/calls.ts'
import { registerCompletion } from './commands/completion.ts'
import { registerDeck } from './commands/deck.ts'
import { registerDemo } from './commands/demo.ts'
import { registerDetections } from './commands/detections.ts'
import { registerDevice } from './commands/device.ts'
import { registerDial } from './commands/dial.ts'
import { registerDoctor } from './commands/doctor.ts'
import { registerEvents } from './commands/events.ts'
import { registerExport } from './commands/export.ts'
import { registerExtension } from './commands/extension.ts'
import { registerFirewall } from './commands/firewall.ts'
import { registerFraud } from './commands/fraud.ts'
import { registerGroup } from './commands/group.ts'
import { registerNumber } from './commands/number.ts'
import { registerOrganisation } from './commands/organisation.ts'
import { registerPeople } from './commands/people.ts'
import { registerServe } from './commands/serve.ts'
import { registerStatus } from './commands/status.ts'
import { registerStop } from './commands/stop.ts'
import { registerTestcall } from './commands/testcall.ts'
import { registerTrunk } from './commands/trunk.ts'
import { registerVersion } from './commands/version.ts'
import { EXIT, type ExitCode, explain } from './errors.ts'
import type { CommandPorts } from './ports.ts'
import { createRunner, type Runner } from './runner.ts'
import { unsupportedRuntime } from './runtime.ts'

export interface Program {
  /** Runs one command line (without the program's own name) and resolves with the exit code. Never rejects. */
  run(commandLine: readonly string[]): Promise<ExitCode>
}

const AFTER_HELP = `
A first call in three commands:
  $ ringfence serve
  $ ringfence extension add 101 --name Reception
  $ ringfence device add --extension 101

Exit codes: 0 done; 1 refused, failed, or a check found a fault; 2 the command line or the configuration is wrong;
3 no server runs, or it cannot be reached; 4 the store cannot be opened.`

export function createProgram(ports: CommandPorts): Program {
  return {
    async run(commandLine) {
      const runner = createRunner(ports)
      const program = buildProgram(runner)
      try {
        const problem = unsupportedRuntime(ports.nodeVersion)
        if (problem !== undefined) throw problem
        await program.parseAsync([...commandLine], { from: 'user' })
        return runner.exitCode
      } catch (error) {
        return report(error, ports, commandLine.includes('--json'))
      }
    },
  }
}

/** The tree of commands; completion is written from it. */
export function buildProgram(runner: Runner): Command {
  const { ports } = runner
  const program = new Command('ringfence')
    .description('A business phone system that is secure by default: TLS and SRTP on every leg.')
    .addOption(new Option('--data <dir>', `data folder (default: ${ports.dataDirectoryDefault})`))
    .option('--json', 'print JSON, with times in ISO 8601')
    .option('--progress', 'say what takes long even when the error stream is no terminal')
    .version(ports.version, '-V, --version', 'print the version')
    .addHelpText('after', AFTER_HELP)
    .showSuggestionAfterError()
    .showHelpAfterError('(ringfence --help lists the commands)')
    .configureHelp({ showGlobalOptions: true })
  registerServe(program, runner)
  registerExtension(program, runner)
  registerDemo(program, runner)
  registerDevice(program, runner)
  registerTrunk(program, runner)
  registerNumber(program, runner)
  registerGroup(program, runner)
  registerCalling(program, runner)
  registerDial(program, runner)
  registerDeck(program, runner)
  registerBudget(program, runner)
  registerFraud(program, runner)
  registerFirewall(program, runner)
  registerAlert(program, runner)
  registerSearch(program, runner)
  registerPeople(program, runner)
  registerApiKey(program, runner)
  registerOrganisation(program, runner)
  registerCalls(program, runner)
  registerEvents(program, runner)
  registerExport(program, runner)
  registerDetections(program, runner)
  registerStatus(program, runner)
  registerStop(program, runner)
  registerDoctor(program, runner)
  registerTestcall(program, runner)
  registerCompletion(program, runner)
  registerVersion(program, runner)
  program.exitOverride().configureOutput({
    writeOut: text => void ports.stdout.write(text),
    writeErr: text => void ports.stderr.write(text),
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  })
  for (const command of everyCommand(program)) command.copyInheritedSettings(program)
  return program
}

export function everyCommand(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(everyCommand)]
}

function report(error: unknown, ports: CommandPorts, json: boolean): ExitCode {
  // Commander has printed its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  const { code, message, exit } = explain(error)
  ports.stderr.write(json ? `${JSON.stringify({ error: { code, message } })}\n` : `ringfence: ${message}\n`)
  return exit
}
