/** `ringfence events verify`: proves that nothing was changed, removed or reordered, with the public key alone */
import { createReadStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Command } from 'commander'
import type { Operations } from '../../api/operations.ts'
import type { RingfenceEvent } from '../../events/catalogue.ts'
import { readPublicKey } from '../../events/chain/statement.ts'
import type { ChainedRow, SignedStatement, Verdict } from '../../events/chain/types.ts'
import { createVerifier, type Verifier } from '../../events/chain/verify.ts'
import { accepted, type CommandContext } from '../context.ts'
import { CommandError, EXIT } from '../errors.ts'
import { formatTime } from '../output/time.ts'
import { describeCommand, type Runner } from '../runner.ts'
import { readEvents, readStatements } from './events-export.ts'

interface VerifyOptions {
  readonly file?: string
  readonly key?: string
}

/** The first line of an export. */
interface Heading {
  readonly format: 'ringfence-log'
  readonly version: 1
  readonly startsAfter: number
}

const LONGEST_LINE = 4_194_304

export function verifyCommand(runner: Runner): Command {
  return describeCommand('verify', 'prove that no event was changed, removed or reordered', [
    'events verify',
    'events verify --file log.jsonl --key log-public-key.pem',
  ])
    .option('--file <export>', 'an export of `events export`, instead of the log of this machine')
    .option('--key <pem>', 'the public key that you keep; of an export it is needed')
    .addHelpText(
      'after',
      '\nExit code 1 where something is wrong. The key of a machine: its data folder’s log-public-key.pem.',
    )
    .action(
      runner.action<VerifyOptions>(async (context, _operands, options) => {
        const verdict = await (options.file === undefined
          ? context.withOperations(operations => verifyLog(operations, options.key))
          : verifyFile(options.file, options.key))
        print(context, verdict)
        return verdict.sound ? EXIT.ok : EXIT.failed
      }),
    )
}

async function verifyLog(operations: Operations, keyFile: string | undefined): Promise<Verdict> {
  const { publicKey } = accepted(await operations.eventsSign())
  const verifier = createVerifier({ publicKey: keyOf(keyFile === undefined ? publicKey : readText(keyFile), keyFile) })
  const statements = await readStatements(operations)
  for (const each of statements) verifier.statement(each)
  for await (const row of readEvents(operations, 0)) verifier.row(row, row.event)
  return verifier.end()
}

async function verifyFile(file: string, keyFile: string | undefined): Promise<Verdict> {
  if (keyFile === undefined) {
    throw new CommandError('COMMAND_USAGE', 'an export proves nothing by a key of its own: name yours with --key')
  }
  const publicKey = keyOf(readText(keyFile), keyFile)
  const input = createReadStream(file)
  const failed = new Promise<never>((_, reject) => {
    input.once('error', error => reject(new CommandError('COMMAND_FILE', `${file} cannot be read: ${error.message}`)))
  })
  failed.catch(() => undefined)
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
  let verifier: Verifier | undefined
  const read = async (): Promise<void> => {
    for await (const line of lines) {
      const value = parseLine(line)
      if (verifier === undefined) verifier = begin(file, value, publicKey)
      else take(verifier, value)
    }
  }
  await Promise.race([read(), failed])
  if (verifier === undefined) throw new CommandError('COMMAND_FILE', `${file} is empty`)
  return (verifier as Verifier).end()
}

function begin(file: string, value: unknown, publicKey: ReturnType<typeof keyOf>): Verifier {
  const heading = value as Partial<Heading> | undefined
  if (heading?.format !== 'ringfence-log' || heading.version !== 1 || !Number.isSafeInteger(heading.startsAfter)) {
    throw new CommandError('COMMAND_FILE', `${file} is not an export of: ringfence events export`)
  }
  return createVerifier({ publicKey, startsAfter: heading.startsAfter! })
}

function take(verifier: Verifier, value: unknown): void {
  const { statement, row, event } = (value ?? {}) as {
    readonly statement?: SignedStatement
    readonly row?: ChainedRow
    readonly event?: RingfenceEvent
  }
  if (statement !== undefined && typeof statement.text === 'string' && typeof statement.signature === 'string') {
    verifier.statement(statement)
  } else if (isRow(row)) verifier.row(row, event)
  else verifier.malformed('a line is neither a statement nor an event')
}

function isRow(row: ChainedRow | undefined): row is ChainedRow {
  return (
    typeof row === 'object' &&
    row !== null &&
    Number.isSafeInteger(row.position) &&
    Number.isSafeInteger(row.sequence) &&
    row.position > 0 &&
    row.sequence > 0 &&
    /^(?:calls|security|administration|system)$/.test(row.class) &&
    /^[0-9a-f]{64}$/.test(row.hash) &&
    (row.document === undefined ? /^[0-9a-f]{64}$/.test(row.digest ?? '') : typeof row.document === 'string') &&
    Array.isArray(row.openings) &&
    row.openings.every(isOpening)
  )
}

function isOpening(each: ChainedRow['openings'][number]): boolean {
  if (each === null) return true
  return (
    typeof each?.salt === 'string' &&
    Array.isArray(each.values) &&
    each.values.every(value => typeof value === 'string')
  )
}

function parseLine(line: string): unknown {
  if (line.length > LONGEST_LINE) return undefined
  try {
    return JSON.parse(line) as unknown
  } catch {
    return undefined
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CommandError('COMMAND_FILE', `${file} cannot be read: ${(error as Error).message}`)
  }
}

function keyOf(pem: string, file: string | undefined) {
  const key = readPublicKey(pem)
  if (key !== undefined) return key
  throw new CommandError('COMMAND_FILE', `${file ?? 'the key of the log'} is no Ed25519 public key in PEM`)
}

function print(context: CommandContext, verdict: Verdict): void {
  if (context.options.json) {
    context.printJson(verdict)
    return
  }
  for (const { kind, position, detail } of verdict.problems) {
    const where = position === undefined ? '' : ` at position ${position}`
    context.print(`${context.paint('red', kind)}${where}: ${detail}\n`)
  }
  if (verdict.moreProblems > 0) context.print(`and ${verdict.moreProblems} more\n`)
  const range =
    verdict.first === undefined ? 'no events' : `${verdict.events} events (${verdict.first} to ${verdict.last})`
  const signed =
    verdict.signedAt === undefined
      ? 'not yet signed'
      : `signed up to ${verdict.signedUpTo} at ${formatTime(verdict.signedAt)}, ${verdict.unsigned} after that not yet signed`
  const gone =
    verdict.dropped === 0 ? '' : `; ${verdict.dropped} older ones were dropped by retention, with a signed record`
  const erased = verdict.erasedParts === 0 ? '' : `; ${verdict.erasedParts} parts were erased, with a signed record`
  const word = verdict.sound ? context.paint('green', 'sound') : context.paint('red', 'NOT SOUND')
  context.print(`${word}: ${range}, ${verdict.checkpoints} checkpoints; ${signed}${gone}${erased}\n`)
}
