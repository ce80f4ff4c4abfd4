/** `ringfence firewall test FILE`: what would happen to this message? */
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { TriedView } from '../../api/firewall-operations.ts'
import { accepted } from '../context.ts'
import { CommandError, EXIT } from '../errors.ts'
import { describeCommand, type Runner } from '../runner.ts'

const MAXIMUM_OCTETS = 65_535
const TRANSPORTS = ['UDP', 'TCP', 'TLS', 'WS', 'WSS'] as const
type Transport = (typeof TRANSPORTS)[number]

interface TestFlags {
  readonly from: string
  readonly transport: string
}

export function testCommand(runner: Runner): Command {
  return describeCommand('test', 'what would happen to a message if it came now; nothing is sent, counted or logged', [
    'firewall test options.sip --from 198.51.100.7 --transport udp',
    'firewall test register.sip --json',
  ])
    .argument('<file>', 'one SIP message as text; lines that end in LF alone are read as CRLF')
    .option('--from <address>', 'the address it comes from; the default is a stranger', '192.0.2.1')
    .option('--transport <name>', 'udp, tcp, tls, ws or wss', 'tls')
    .addHelpText('after', '\nExit code: 0 when it passes, 1 when it is dropped or rejected.')
    .action(
      runner.action<TestFlags>(async (context, [file = ''], flags) => {
        const transport = readTransport(flags.transport)
        const { bytes, turned } = readMessage(file)
        if (turned) context.remark('Line ends were LF, and are read as CRLF.\n')
        const message = bytes.toString('base64')
        const tried = await context.withOperations(async operations =>
          accepted(await operations.firewallTry({ message, address: flags.from, transport })),
        )
        if (context.options.json) context.printJson(tried)
        else context.print(describe(tried))
        return tried.verdict === 'pass' ? EXIT.ok : EXIT.failed
      }),
    )
}

function describe({ verdict, rule, reason, status }: TriedView): string {
  if (verdict === 'pass') return `pass: ${reason}\n`
  return `${verdict}${status === null ? '' : ` with ${status}`} by ${rule}: ${reason}\n`
}

function readTransport(text: string): Transport {
  const transport = TRANSPORTS.find(each => each === text.toUpperCase())
  if (transport !== undefined) return transport
  throw new CommandError('COMMAND_USAGE', `--transport ${text}: is none of udp, tcp, tls, ws, wss`)
}

function readMessage(file: string): { readonly bytes: Buffer; readonly turned: boolean } {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    throw new CommandError('COMMAND_FILE', `${file} cannot be read: ${(error as Error).message}`)
  }
  if (bytes.length === 0) throw new CommandError('COMMAND_FILE', `${file} is empty`)
  if (bytes.length > MAXIMUM_OCTETS)
    throw new CommandError('COMMAND_FILE', `${file} has more than ${MAXIMUM_OCTETS} octets`)
  if (bytes.includes('\r\n')) return { bytes, turned: false }
  const text = bytes.toString('latin1').replaceAll('\n', '\r\n')
  const whole = text.includes('\r\n\r\n') ? text : `${text.replace(/(\r\n)?$/, '\r\n')}\r\n`
  return { bytes: Buffer.from(whole, 'latin1'), turned: true }
}
