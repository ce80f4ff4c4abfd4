/** The entry: command line in, exit code out. */
import { readFileSync } from 'node:fs'
import { unsupportedRuntime } from './cli/runtime.ts'

/** Whoever reads may have had enough (`ringfence events | head`): a command sees it, and the server goes on. */
function outputOf(stream: NodeJS.WriteStream) {
  let gone = false
  stream.on('error', () => {
    gone = true
  })
  return {
    isTTY: stream.isTTY,
    get gone() {
      return gone
    },
    write(text: string): void {
      if (!gone) stream.write(text)
    },
    async drained(): Promise<void> {
      if (gone || !stream.writableNeedDrain) return
      const { promise, resolve } = Promise.withResolvers<void>()
      for (const event of ['drain', 'error', 'close']) stream.once(event, resolve)
      await promise
      for (const event of ['drain', 'error', 'close']) stream.off(event, resolve)
    },
  }
}

/** What an old release could not even load is loaded after its check. */
async function run(): Promise<number> {
  const problem = unsupportedRuntime(process.version)
  if (problem !== undefined) {
    process.stderr.write(`ringfence: ${problem.message}\n`)
    return problem.exit
  }
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    readonly version: string
  }
  const commandLine = process.argv.slice(2)
  const { useCompileCache } = await import('./composition/compile-cache.ts')
  useCompileCache(commandLine, manifest.version)
  const [{ createProgram }, { createCommandPorts }] = await Promise.all([
    import('./cli/program.ts'),
    import('./composition/command-ports.ts'),
  ])
  const program = createProgram(
    createCommandPorts({
      version: manifest.version,
      stdout: outputOf(process.stdout),
      stderr: outputOf(process.stderr),
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
  return program.run(commandLine)
}

process.exitCode = await run()
