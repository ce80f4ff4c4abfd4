/** What every command works with: the ports, the global options, and how to print. */
import type { OperationResult, Operations } from '../api/operations.ts'
import { CommandError } from './errors.ts'
import { type ProgressOptions, withProgress } from './output/progress.ts'
import { type Cell, createPainter, formatTable, type Painter } from './output/text.ts'
import { withIsoTimes } from './output/time.ts'
import type { CommandPorts, OpenedOperations } from './ports.ts'

/** Options that stand before or after any command. */
export interface GlobalOptions {
  readonly data: string
  readonly json: boolean
  readonly progress: boolean
}

export interface CommandContext {
  readonly ports: CommandPorts
  readonly options: GlobalOptions
  readonly paint: Painter
  print(text: string): void
  /** To the error stream, and not with `--json`: what a person should know beside the result. */
  remark(text: string): void
  /** One JSON document on one line, with times in ISO 8601. */
  printJson(value: unknown): void
  printTable(header: readonly string[], rows: readonly (readonly (Cell | string)[])[]): void
  progress<T>(what: string, work: Promise<T>, detail?: () => string): Promise<T>
  /** Opens the operations, and closes them whatever happens. */
  withOperations<T>(use: (operations: Operations, opened: OpenedOperations) => Promise<T>): Promise<T>
}

export function createContext(ports: CommandPorts, options: GlobalOptions): CommandContext {
  const paint = createPainter(ports.stdoutIsTty && !ports.noColor && !options.json)
  const progressOptions: ProgressOptions = {
    clock: ports.clock,
    stderr: ports.stderr,
    inPlace: ports.stderrIsTty,
    enabled: options.progress || ports.stderrIsTty,
  }
  const context: CommandContext = {
    ports,
    options,
    paint,
    print: text => void ports.stdout.write(text),
    remark(text) {
      if (!options.json) ports.stderr.write(text)
    },
    printJson: value => void ports.stdout.write(`${JSON.stringify(withIsoTimes(value))}\n`),
    printTable: (header, rows) => void ports.stdout.write(formatTable(header, rows, paint)),
    progress: (what, work, detail) => withProgress(progressOptions, what, work, detail),
    async withOperations(use) {
      const opened = await context.progress('opening the system', ports.openOperations(options.data))
      try {
        return await use(opened.operations, opened)
      } finally {
        await context.progress('closing', opened.close())
      }
    },
  }
  return context
}

/** The value of an operation; its refusal ends the command. */
export function accepted<T>(result: OperationResult<T>): T {
  if (result.ok) return result.value
  throw new CommandError(result.error.code, result.error.message)
}
