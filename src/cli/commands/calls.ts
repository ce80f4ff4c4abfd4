/** `ringfence calls [--live]`, `calls trace ID` */
import type { Command } from 'commander'
import type { LegView, LiveCall } from '../../api/operations.ts'
import type { CallRecord, LegRecord } from '../../call/call-record.ts'
import { type CommandContext, accepted } from '../context.ts'
import { requireServer } from '../live.ts'
import { readCount, readTime } from '../option-values.ts'
import type { Cell } from '../output/text.ts'
import { formatDuration, formatTime } from '../output/time.ts'
import { describeCommand, type Runner } from '../runner.ts'
import { qualityCommand } from './calls-quality.ts'
import { traceCommand } from './calls-trace.ts'

interface CallsOptions {
  readonly live?: boolean
  readonly limit: string
  readonly before?: string
}

export function registerCalls(program: Command, runner: Runner): void {
  const calls = describeCommand('calls', 'the calls of the past, or those that are up now', [
    'calls',
    'calls --live',
    'calls --limit 100 --before 2026-11-20 --json',
    'calls trace 01998f2a-1c55-7b1e-9d0e-3f6f5a1b2c3d',
  ])
    .option('--live', 'the calls that are up now (needs the running server)')
    .option('--limit <count>', 'how many calls of the past, the newest first', '20')
    .option('--before <time>', 'only calls that began before: 2h, 3d, or a date in ISO 8601')
    .action(
      runner.action<CallsOptions>(async (context, _operands, options) => {
        await (options.live === true ? showLive(context) : showPast(context, options))
        return undefined
      }),
    )
  calls.addCommand(traceCommand(runner))
  calls.addCommand(qualityCommand(runner))
  program.addCommand(calls)
}

/** Speech without SRTP, in plain sight. */
const PLAIN = 'NOT ENCRYPTED'

async function showLive(context: CommandContext): Promise<void> {
  const calls = await context.withOperations(async (operations, opened) => {
    requireServer(opened, context.options.data)
    return accepted(await operations.callsLive())
  })
  if (context.options.json) return context.printJson(calls)
  if (calls.length === 0) return context.print('No call is up.\n')
  const now = context.ports.clock.now()
  context.printTable(
    ['STARTED', 'FROM', 'TO', 'STATE', 'TIME', 'CALLER', 'CALLEE'],
    calls.map(call => liveRow(call, now)),
  )
}

function liveRow(call: LiveCall, now: number): readonly (Cell | string)[] {
  const [caller, callee] = call.legs
  return [
    formatTime(call.startedAt),
    call.from,
    call.to,
    { text: call.state, style: call.state === 'answered' ? 'green' : 'yellow' },
    formatDuration(now - (call.answeredAt ?? call.startedAt)),
    legText(caller),
    legText(callee),
  ]
}

/** Trunk, number and attestation of a far end that is outside: `provider +4930123 (attestation A)`. */
function outsideText(leg: {
  readonly number: string
  readonly trunk?: string | null | undefined
  readonly attestation?: string | null | undefined
}): readonly string[] {
  if (leg.trunk == null) return []
  const signed = leg.attestation == null ? '' : ` (attestation ${leg.attestation})`
  return [`${leg.trunk} ${leg.number}${signed}`]
}

/** `TLS, AEAD_AES_256_GCM, opus, MOS 4.3` */
function legText(leg: LegView | undefined): string {
  if (leg === undefined) return ''
  const quality = leg.mos === null ? [] : [`MOS ${leg.mos.toFixed(1)}`]
  const codec = leg.codec === null ? [] : [leg.codec]
  const media = leg.media ?? (leg.codec === null ? 'no media' : PLAIN)
  return [...outsideText(leg), leg.signalling, media, ...codec, ...quality].join(', ')
}

async function showPast(context: CommandContext, options: CallsOptions): Promise<void> {
  const limit = readCount('--limit', options.limit, 1_000)
  const before =
    options.before === undefined ? undefined : readTime('--before', options.before, context.ports.clock.now())
  const records = await context.withOperations(async operations =>
    accepted(await operations.callsPast({ limit, ...(before === undefined ? {} : { before }) })),
  )
  if (context.options.json) return context.printJson(records)
  if (records.length === 0) return context.print('No call is recorded yet.\n')
  context.printTable(['STARTED', 'FROM', 'TO', 'TALKED', 'END', 'CALLER', 'CALLEE'], records.map(pastRow))
}

function pastRow(record: CallRecord): readonly (Cell | string)[] {
  const { startedAt, answeredAt, endedAt, end, legs } = record
  const talked = answeredAt == null ? '-' : endedAt == null ? 'open' : formatDuration(endedAt - answeredAt)
  return [
    formatTime(startedAt),
    record.from,
    record.to,
    talked,
    endCell(end),
    recordedLeg(legs.find(leg => leg.direction === 'in')),
    recordedLeg(
      legs.find(leg => leg.direction === 'out' && leg.media != null) ?? legs.find(leg => leg.direction === 'out'),
    ),
  ]
}

function endCell(end: CallRecord['end'] | null): Cell {
  if (end == null) return { text: 'not ended' }
  const text = `${end.cause} (${end.side}, ${end.sipCode})`
  return end.cause === 'normal' || end.cause === 'transferred' ? { text } : { text, style: 'yellow' }
}

/** The control socket's JSON leaves undefined fields out, so everything here may be missing. */
function recordedLeg(leg: LegRecord | undefined): string {
  if (leg === undefined) return ''
  const { protocol, tls } = leg.signalling
  const media = leg.media
  const suite = media?.suite ?? (media?.codec == null ? 'no media' : PLAIN)
  const parts = [...outsideText(leg), tls == null ? protocol : tls, suite]
  if (media?.codec != null) parts.push(media.codec)
  if (media?.mos != null) parts.push(`MOS ${media.mos.toFixed(1)}`)
  return parts.join(', ')
}
