/** The entry: command line in, exit code out. */
import { readFileSync } from 'node:fs'
import { createProgram } from './cli/program.ts'
import { createCommandPorts } from './composition/command-ports.ts'

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string
}

const program = createProgram(
  createCommandPorts({
    version: manifest.version,
    stdout: process.stdout,
    stderr: process.stderr,
    onSignal(handler) {
      process.on('SIGINT', handler)
      process.on('SIGTERM', handler)
      return () => {
        process.off('SIGINT', handler)
        process.off('SIGTERM', handler)
      }
    },
  }),
)

process.exitCode = await program.run(process.argv.slice(2))
