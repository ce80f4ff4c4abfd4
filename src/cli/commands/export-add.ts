/** `ringfence export add`: another destination. Secrets come from files, never from the command line. */
import { type Command, Option } from 'commander'
import {
  EXPORT_FORMS,
  EXPORT_KINDS,
  EXPORT_MASKS,
  type ExportForm,
  type ExportKind,
  type NewExport,
} from '../../api/export-operations.ts'
import { accepted } from '../context.ts'
import { collect, readTextFile, readWhole, usage } from '../outside-values.ts'
import { printable } from '../output/text.ts'
import { describeCommand, type Runner } from '../runner.ts'

interface Flags {
  readonly kind: ExportKind
  readonly to: string
  readonly form?: ExportForm
  readonly filter?: string
  readonly mask?: readonly string[]
  readonly secretFile?: string
  readonly caFile?: string
  readonly certificateFile?: string
  readonly keyFile?: string
  readonly serverName?: string
  readonly index?: string
  readonly size?: string
  readonly files?: string
  readonly from?: 'now' | 'start'
  readonly organisation?: string
  readonly allowInsecurePlaintext?: boolean
}

const MEGABYTE = 1_048_576

export function addCommand(runner: Runner): Command {
  const command = describeCommand('add', 'send the log to another place from now on', [
    'export add siem --kind syslog --to logs.example.com:6514 --form cef --ca-file ca.pem \\\n      --certificate-file client.pem --key-file client.key',
    'export add splunk --kind splunk --to https://splunk.example.com:8088 --secret-file hec.token',
    'export add elastic --kind elastic --to https://es.example.com:9200 --secret-file authorization --filter "severity>=notice"',
    'export add archive --kind file --to /var/log/ringfence/events.json --form ocsf --mask numbers,names',
  ])
  return options(command).action(
    runner.action<Flags>(async (context, [name = ''], flags) => {
      const added = await context.withOperations(async operations =>
        accepted(await operations.exportAdd(inputOf(name, flags))),
      )
      if (context.options.json) context.printJson(added)
      else {
        context.print(`The log goes to ${printable(added.destination)} as ${printable(added.name)}.\n`)
        for (const weakened of added.weakened) context.remark(`WEAKENED ${weakened}\n`)
        context.remark(`Does it arrive? ringfence export test ${printable(added.name)}\n`)
      }
      return undefined
    }),
  )
}

function options(command: Command): Command {
  return command
    .argument('<name>', 'how it is called: lower-case letters, digits, . _ -')
    .addOption(new Option('--kind <kind>', 'what takes it').choices(EXPORT_KINDS).makeOptionMandatory())
    .requiredOption('--to <place>', 'HOST:PORT of syslog, an https URL, the path of a file')
    .addOption(new Option('--form <form>', 'the text of an event, for syslog and files').choices(EXPORT_FORMS))
    .option('--filter <query>', 'only these events, in the language of ringfence events query (default: all)')
    .option('--mask <what...>', `replace by pseudonyms: ${EXPORT_MASKS.join(', ')}`, collect)
    .option('--secret-file <file>', 'token of Splunk, Authorization of Elasticsearch and OTLP, whsec_ of a webhook')
    .option('--ca-file <file>', 'authorities of its certificate in PEM (default: the public ones)')
    .option('--certificate-file <file>', 'our certificate for it, in PEM')
    .option('--key-file <file>', 'the key of our certificate, in PEM')
    .option('--server-name <name>', 'the name in its certificate, where it is not the host')
    .option('--index <name>', 'index of Splunk, data stream of Elasticsearch')
    .option('--size <megabytes>', 'of a file before a new one is begun (default: 100)')
    .option('--files <count>', 'older files that are kept (default: 10)')
    .addOption(new Option('--from <when>', 'which events (default: now)').choices(['now', 'start']))
    .option('--organisation <domain>', 'only the events of one (default: all, and those of the machine)')
    .option('--allow-insecure-plaintext', 'without TLS: everybody on the way reads and writes the log')
}

function inputOf(name: string, flags: Flags): NewExport {
  const { kind, to, form, filter, mask, serverName, index, from, organisation, allowInsecurePlaintext } = flags
  const masks = (mask ?? []).map(each => {
    const known = EXPORT_MASKS.find(candidate => candidate === each)
    if (known === undefined) throw usage('--mask', each, `is none of ${EXPORT_MASKS.join(', ')}`)
    return known
  })
  const text = (option: string, file: string | undefined): string | undefined =>
    file === undefined ? undefined : readTextFile(option, file)
  const given = {
    form,
    filter,
    serverName,
    index,
    from,
    organisation,
    allowInsecurePlaintext,
    token: text('--secret-file', flags.secretFile)?.trim(),
    caPem: text('--ca-file', flags.caFile),
    certificatePem: text('--certificate-file', flags.certificateFile),
    keyPem: text('--key-file', flags.keyFile),
    fileSize: flags.size === undefined ? undefined : readWhole('--size', flags.size, 1, 10_000) * MEGABYTE,
    fileCount: flags.files === undefined ? undefined : readWhole('--files', flags.files, 0, 1_000),
  }
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  return { name, kind, to, masks, ...present }
}
