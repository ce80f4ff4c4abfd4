/** How a command ends: its exit code, and the one line that says why. */
import type { OperationError } from '../api/operations.ts'

export const EXIT = {
  /** Done. */
  ok: 0,
  /** Refused, failed, or a check that found a fault. */
  failed: 1,
  /** The command line or the configuration cannot be understood. */
  usage: 2,
  /** The command needs the running server, and cannot reach it. */
  noServer: 3,
  /** The store cannot be opened or does not answer. */
  noStore: 4,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export type CommandErrorCode =
  /** An argument or option has a value that cannot be used. */
  | 'COMMAND_USAGE'
  /** No server runs on the data folder. */
  | 'COMMAND_NO_SERVER'
  /** A file that the command reads or writes cannot be used. */
  | 'COMMAND_FILE'
  /** The Node.js release is not supported. */
  | 'COMMAND_RUNTIME'
  /** Anything else that stopped the command. */
  | 'COMMAND_FAILED'

/** Ends a command. `exit` defaults by the code. */
export class CommandError extends Error {
  readonly code: string
  readonly exit: ExitCode

  constructor(code: CommandErrorCode | OperationError['code'], message: string, exit: ExitCode = exitOf(code)) {
    super(message)
    this.name = 'CommandError'
    this.code = code
    this.exit = exit
  }
}

/** The exit code for an error's code, whichever room it comes from. */
export function exitOf(code: string): ExitCode {
  if (code === 'COMMAND_USAGE' || code === 'COMMAND_RUNTIME' || code.startsWith('CONFIG_')) return EXIT.usage
  if (code === 'OPERATION_NEEDS_SERVER' || code === 'COMMAND_NO_SERVER' || code === 'CONTROL_FORBIDDEN') {
    return EXIT.noServer
  }
  return code.startsWith('STORE_') ? EXIT.noStore : EXIT.failed
}

/** Whatever was thrown, as code and one line. */
export function explain(error: unknown): { readonly code: string; readonly message: string; readonly exit: ExitCode } {
  const { code, message, exit } = error as { code?: unknown; message?: unknown; exit?: ExitCode }
  const name = typeof code === 'string' ? code : 'COMMAND_FAILED'
  const text = typeof message === 'string' && message !== '' ? message : String(error)
  return { code: name, message: text.split('\n')[0]!, exit: exit ?? exitOf(name) }
}
