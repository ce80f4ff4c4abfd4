/** The options of `trunk add` and `trunk change`, and what they ask the operation for. */
import { type Command, Option } from 'commander'
import type { TrunkChange } from '../../api/outside-operations.ts'
import type { CommandContext } from '../context.ts'
import { CommandError } from '../errors.ts'
import { collect, orNone, readPositive, readTextFile, readWhole, usage } from '../outside-values.ts'

export interface TrunkFlags {
  readonly host?: string
  readonly port?: string
  readonly transport?: 'tls' | 'tcp' | 'udp'
  readonly purpose?: 'provider' | 'pbx'
  readonly allowInsecureSignalling?: boolean
  readonly allowInsecureMedia?: boolean
  readonly source?: readonly string[]
  readonly certificateName?: readonly string[]
  readonly certificateAuthority?: string
  readonly register?: boolean
  readonly username?: string
  readonly passwordFile?: string
  readonly newPassword?: boolean
  /** False with `--no-password`; a text is refused. */
  readonly password?: false | string
  readonly domain?: string
  readonly priority?: string
  readonly weight?: string
  readonly maximumCalls?: string
  readonly callsPerSecond?: string
  readonly numberFormat?: '+e164' | 'e164' | 'national'
  readonly signIdentity?: boolean
}

/** With `change`, each switch has its opposite, and `none` takes a value away. */
export function addTrunkOptions(command: Command, change: boolean): Command {
  const toggle = (name: string, description: string): void => {
    command.option(`--${name}`, description)
    if (change) command.option(`--no-${name}`, 'not any more')
  }
  /** As the directory has them (`TRUNK_DEFAULTS`); what is changed has no default. */
  const otherwise = (text: string): string => (change ? '' : ` (default: ${text})`)
  if (change) command.option('--host <name>', 'host name or address of the peer')
  else command.requiredOption('--host <name>', 'host name or address of the peer')
  command
    .option('--port <port>', 'its port (default: what DNS says, otherwise 5061 for tls, 5060)')
    .addOption(
      new Option('--transport <name>', `tcp and udp need --allow-insecure-signalling${otherwise('tls')}`).choices([
        'tls',
        'tcp',
        'udp',
      ]),
    )
    .addOption(
      new Option(
        '--purpose <what>',
        `provider: leads to the public network; pbx: an exchange behind us${otherwise('provider')}`,
      ).choices(['provider', 'pbx']),
    )
  toggle('allow-insecure-signalling', 'SIP to and from this peer may be NOT ENCRYPTED')
  toggle('allow-insecure-media', 'speech to and from this peer may be NOT ENCRYPTED (plain RTP)')
  command
    .option('--source <network>', 'address or network that its requests come from; again for more', collect)
    .option(
      '--certificate-name <name>',
      'name that its certificate may carry (default: the host); again for more',
      collect,
    )
    .option('--certificate-authority <file>', 'authority in PEM that is trusted for this peer too')
  toggle('register', 'register there, so that calls come over our connection')
  command
    .option('--username <name>', 'for its challenges; the password is asked for, or read from standard input')
    .option('--password-file <file>', 'read the password from the first line of this file ("-": standard input)')
  if (change) command.option('--new-password', 'ask for a new password')
  command.addOption(new Option('--password <text>').hideHelp())
  command
    .option('--no-password', change ? 'forget the password' : 'ask for none')
    .option('--domain <name>', 'domain of our address there (default: the host)')
    .option('--priority <number>', `smaller is tried first${otherwise('10')}`)
    .option('--weight <number>', `share among trunks of the same priority${otherwise('10')}`)
    .option('--maximum-calls <number>', `calls at once${otherwise('100')}`)
    .option('--calls-per-second <number>', `new calls per second${otherwise('10')}`)
    .addOption(
      new Option('--number-format <format>', `how numbers are written to it${otherwise('+e164')}`).choices([
        '+e164',
        'e164',
        'national',
      ]),
    )
  toggle('sign-identity', 'sign who calls (STIR/SHAKEN)')
  return command
}

/** What the options say, the password left out. Throws CommandError. */
export function trunkChangeOf(flags: TrunkFlags): Omit<TrunkChange, 'name' | 'password'> {
  const { numberFormat, purpose, register, allowInsecureSignalling, allowInsecureMedia, signIdentity } = flags
  return {
    ...given({ host: flags.host, numberFormat, purpose, register, signIdentity }),
    ...given({ allowInsecureSignalling, allowInsecureMedia, sources: flags.source }),
    ...given({
      transport: flags.transport?.toUpperCase() as TrunkChange['transport'],
      port: read(flags.port, text => (text === 'none' ? null : readWhole('--port', text, 1, 65_535))),
      certificateNames: flags.certificateName,
      certificateAuthority: read(flags.certificateAuthority, readAuthority),
      username: read(flags.username, orNone),
      domain: read(flags.domain, orNone),
      priority: read(flags.priority, text => readWhole('--priority', text, 0, 65_535)),
      weight: read(flags.weight, text => readWhole('--weight', text, 0, 65_535)),
      maximumCalls: read(flags.maximumCalls, text => readWhole('--maximum-calls', text, 1, 100_000)),
      callsPerSecond: read(flags.callsPerSecond, text => readPositive('--calls-per-second', text, 10_000)),
    }),
  }
}

/** Undefined: as it is. Null: none any more. Asked for where a user name is given to `add`, and with `--new-password`. */
export async function passwordOf(
  context: CommandContext,
  flags: TrunkFlags,
  adding: boolean,
): Promise<string | null | undefined> {
  const { passwordFile, password, newPassword } = flags
  if (typeof password === 'string') {
    const text = 'a password is no argument: whoever is on this machine could read it; leave it out to be asked for it'
    throw new CommandError('COMMAND_USAGE', `${text}, or use --password-file FILE`)
  }
  if (password === false) return adding ? undefined : null
  if (passwordFile !== undefined && passwordFile !== '-') return firstLineOf(passwordFile)
  const wanted = passwordFile === '-' || newPassword === true || (adding && flags.username !== undefined)
  if (!wanted) return undefined
  const whose = flags.username === undefined ? 'Password' : `Password of ${flags.username}`
  return context.ports.readPassword(`${whose} (it is not shown): `)
}

function firstLineOf(path: string): string {
  const [line = ''] = readTextFile('--password-file', path).split(/\r?\n/, 1)
  if (line !== '') return line
  throw new CommandError('COMMAND_FILE', `--password-file ${path}: its first line is empty`)
}

function readAuthority(path: string): string | null {
  if (path === 'none') return null
  const text = readTextFile('--certificate-authority', path)
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text
  throw usage('--certificate-authority', path, 'holds no certificate in PEM')
}

function read<T>(text: string | undefined, how: (text: string) => T): T | undefined {
  return text === undefined ? undefined : how(text)
}

/** Without the values that are undefined. */
export function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
