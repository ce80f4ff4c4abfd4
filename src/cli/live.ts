/** What only a running server can answer. */
import { CommandError } from './errors.ts'
import type { OpenedOperations } from './ports.ts'

/** Throws CommandError `COMMAND_NO_SERVER` where the operations work on the store alone. */
export function requireServer(opened: OpenedOperations, dataDirectory: string): void {
  if (opened.live) return
  const text = `no server runs on ${dataDirectory}; start it with "ringfence serve", or name its folder with --data`
  throw new CommandError('COMMAND_NO_SERVER', text)
}
