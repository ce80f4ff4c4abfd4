/** `ringfence serve`: starts the system, says when it takes calls, and stops without cutting anybody off. */
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { CommandContext } from '../context.ts'
import { CommandError, EXIT, type ExitCode } from '../errors.ts'
import { LONGEST_DRAIN_S, readSeconds } from '../option-values.ts'
import { formatListeners } from '../output/listeners.ts'
import type { ReadyDocument, RunningServer, ServeOptions } from '../ports.ts'
import { describeCommand, type Runner } from '../runner.ts'

interface ServeFlags extends Omit<ServeOptions, 'data'> {
  readonly readyFile?: string
  readonly drainTime: string
}

export function registerServe(program: Command, runner: Runner): void {
  program.addCommand(
    describeCommand('serve', 'start the phone system', [
      'serve',
      'serve --data /var/lib/ringfence --config /etc/ringfence/ringfence.yaml',
      'serve --listen 127.0.0.1 --sip-tls-port 0 --https-port 0 --ready-file /tmp/ready.json',
    ])
      .option('--config <file>', 'settings (default: ringfence.yaml in the data folder, if it is there)')
      .option('--domain <name>', 'SIP domain of the business, such as pbx.example.com')
      .option('--listen <address...>', 'addresses to listen on (default: all)')
      .option('--sip-tls-port <port>', 'SIP over TLS (default: 5061; 0: any free one)')
      .option('--https-port <port>', 'HTTPS and SIP over WebSocket (default: 8443; 0: any free one)')
      .option('--allow-insecure-udp <address:port>', 'also listen for SIP in clear, for 24 hours')
      .option('--allow-insecure-sources <network...>', 'who may use that listener (default on loopback: this machine)')
      .option('--ready-file <file>', 'write one JSON object there when calls are taken')
      .option('--drain-time <seconds>', 'told to stop: how long live calls may go on before they are ended', '60')
      .addHelpText('after', STOPPING)
      .action(runner.action<ServeFlags>((context, _operands, flags) => serve(context, flags))),
  )
}

const STOPPING = `
Stopping: SIGTERM, Ctrl-C or "ringfence stop" takes no new calls and waits for the live ones; a second signal ends them
at once. Meanwhile new calls are answered 503 with Retry-After, and "ringfence status" says how many are left.`

async function serve(context: CommandContext, flags: ServeFlags): Promise<ExitCode> {
  const { readyFile, drainTime, ...options } = flags
  const drainMs = readSeconds('--drain-time', drainTime, LONGEST_DRAIN_S) * 1_000
  const signals = stopOnSignal(context, drainMs)
  try {
    const starting = context.ports.serve({ ...options, data: context.options.data })
    const server = await context.progress('starting', starting)
    signals.started(server)
    if (!signals.asked) announce(context, server)
    if (readyFile !== undefined && !signals.asked) await writeReadyFile(readyFile, server)
    const failure = await server.stopped
    if (failure !== undefined) throw new CommandError('COMMAND_FAILED', `the system stopped: ${failure.message}`)
    return EXIT.ok
  } finally {
    signals.forget()
    if (readyFile !== undefined) rmSync(readyFile, { force: true })
  }
}

function announce(context: CommandContext, server: RunningServer): void {
  const { ready, domain, weakened } = server
  if (context.options.json) {
    context.printJson(ready)
    return
  }
  const { paint } = context
  context.print(`Ringfence ${ready.version} takes calls for ${paint('bold', domain)}.\n`)
  context.print(formatListeners(ready.listeners))
  context.print(`  CA for phones: ${ready.ca}\n`)
  for (const weakening of weakened) context.print(`  ${paint('red', 'WEAKENED')}: ${weakening}\n`)
  if (server.ownerLink !== undefined) {
    const minutes = Math.max(1, Math.round((server.ownerLink.expiresAt - context.ports.clock.now()) / 60_000))
    context.print(`Become its owner in a browser within ${minutes} min: ${paint('bold', server.ownerLink.url)}\n`)
    context.print('  (a new link: ringfence people link)\n')
  }
  context.print('Add an extension and a phone, in another terminal: ringfence extension add 101 --name "Front desk"\n')
}

/** The file appears whole or not at all. */
async function writeReadyFile(file: string, server: RunningServer): Promise<void> {
  const path = resolve(file)
  const temporary = `${path}.new`
  try {
    writeFileSync(temporary, `${JSON.stringify(server.ready satisfies ReadyDocument)}\n`, { mode: 0o644 })
    renameSync(temporary, path)
  } catch (error) {
    await server.stop()
    throw new CommandError('COMMAND_FILE', `--ready-file ${file} cannot be written: ${(error as Error).message}`)
  }
}

interface StopSignals {
  /** True when a signal came already. */
  readonly asked: boolean
  /** A signal that came during the start stops the server as soon as that is possible. */
  started(server: RunningServer): void
  forget(): void
}

/** The first signal drains, for `drainMs` at most; the second, or one after `ringfence stop`, stops. */
function stopOnSignal(context: CommandContext, drainMs: number): StopSignals {
  let server: RunningServer | undefined
  let asked = false
  const forget = context.ports.onSignal(signal => {
    const again = asked || server?.draining() === true
    asked = true
    if (server === undefined) return
    if (again) void server.stop()
    else drain(context, server, signal, drainMs)
  })
  return {
    get asked() {
      return asked
    },
    started(running) {
      server = running
      if (asked) void running.stop()
    },
    forget,
  }
}

function drain(context: CommandContext, server: RunningServer, signal: string, drainMs: number): void {
  const calls = server.liveCalls()
  if (calls > 0) {
    context.remark(`${signal}: no new calls; ${calls} live calls may go on for ${drainMs / 1_000} s.\n`)
  }
  const drained = server.drain(drainMs)
  void context.progress('stopping', drained, () => `${server.liveCalls()} calls are up`).catch(() => server.stop())
}
