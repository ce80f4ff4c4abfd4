/** Binds a command's code to commander: global options become the context, what it returns the exit code. */
import { Command } from 'commander'
import { type CommandContext, createContext } from './context.ts'
import { EXIT, type ExitCode } from './errors.ts'
import type { CommandPorts } from './ports.ts'

/** `operands` in the order of the usage line; `options` as commander read them. */
export type Handler<Options> = (
  context: CommandContext,
  operands: readonly string[],
  options: Options,
) => Promise<ExitCode | undefined>

export interface Runner {
  readonly ports: CommandPorts
  readonly exitCode: ExitCode
  action<Options>(handle: Handler<Options>): (this: Command) => Promise<void>
}

interface GlobalFlags {
  readonly data?: string
  readonly json?: boolean
  readonly progress?: boolean
}

export function createRunner(ports: CommandPorts): Runner {
  let exitCode: ExitCode = EXIT.ok
  return {
    ports,
    get exitCode() {
      return exitCode
    },
    action<Options>(handle: Handler<Options>) {
      return async function run(this: Command): Promise<void> {
        const flags = this.optsWithGlobals<GlobalFlags>()
        const context = createContext(ports, {
          data: flags.data ?? ports.dataDirectoryDefault,
          json: flags.json === true,
          progress: flags.progress === true,
        })
        exitCode = (await handle(context, this.args, ownOptions(this) as Options & object)) ?? EXIT.ok
      }
    },
  }
}

/** Commander gives an option that a command above has too to that one, though it stands behind this command. */
function ownOptions(command: Command): object {
  const options: Record<string, unknown> = { ...command.opts() }
  for (const each of command.options) {
    const name = each.attributeName()
    for (let above = command.parent; above !== null; above = above.parent) {
      if (command.getOptionValueSource(name) === 'cli' || above.getOptionValueSource(name) !== 'cli') continue
      options[name] = above.getOptionValue(name)
      break
    }
  }
  return options
}

/** A command with its examples below its help. */
export function describeCommand(name: string, description: string, examples: readonly string[]): Command {
  const command = new Command(name).description(description)
  const list = examples.map(example => `  $ ringfence ${example}`).join('\n')
  return examples.length === 0 ? command : command.addHelpText('after', `\nExamples:\n${list}`)
}
