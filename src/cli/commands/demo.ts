/** `ringfence demo`: an invented office with calls, a scanner and a thief, to look at in the console. */
import { join } from 'node:path'
import type { Command } from 'commander'
import { DEMO_DOMAIN, startDemo } from '../../demo/demo.ts'
import type { CommandContext } from '../context.ts'
import { describeCommand, type Runner } from '../runner.ts'

const WHAT_IT_DOES = `
Starts a system of its own, with data of its own (DATA/demo), on this machine only (127.0.0.1): twelve extensions whose phones
call each other and customers over TLS and SRTP, a provider that does not exist, a scanner that is banned, and a thief
who is stopped. Nothing leaves this machine and nothing of it is real. Open the link that it prints; Ctrl-C ends it.`

interface DemoFlags {
  readonly httpsPort: string
}

export function registerDemo(program: Command, runner: Runner): void {
  program.addCommand(
    describeCommand('demo', 'see the console alive: an invented office, calls, a scanner and a thief', [
      'demo',
      'demo --https-port 9443',
    ])
      .option('--https-port <port>', 'where the console is; 0: any free one', '8443')
      .addHelpText('after', WHAT_IT_DOES)
      .action(runner.action<DemoFlags>((context, _operands, flags) => demo(context, flags))),
  )
}

async function demo(context: CommandContext, { httpsPort }: DemoFlags): Promise<undefined> {
  const { ports, paint } = context
  const data = join(context.options.data, 'demo')
  const options = { data, domain: DEMO_DOMAIN, listen: ['127.0.0.1'], sipTlsPort: '0', httpsPort }
  const server = await context.progress('starting', ports.serve(options))
  const asked = Promise.withResolvers<void>()
  const forget = ports.onSignal(() => asked.resolve())
  const opened = await ports.openOperations(data)
  const tell = (text: string): void => context.print(`  ${text}\n`)
  try {
    const running = await context.progress(
      'furnishing the office',
      startDemo({ operations: opened.operations, sip: server.ready.sipTls, clock: ports.clock, tell }),
    )
    const { https } = server.ready
    context.print(
      `${paint('bold', 'This is a demonstration')}: nothing of it is real, and nothing leaves this machine.\n`,
    )
    context.print(`Console: ${paint('bold', server.ownerLink?.url ?? `https://localhost:${https.port}/`)}\n`)
    if (server.ownerLink !== undefined)
      context.print('  (the link enrols its owner, once; the browser does not know the certificate)\n')
    await Promise.race([asked.promise, server.stopped])
    await context.progress('closing the office', running.stop())
  } finally {
    forget()
    await opened.close()
    await server.stop()
  }
  return undefined
}
