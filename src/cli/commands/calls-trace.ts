/** `ringfence calls trace ID`: the messages of a call between its parties and us, from top to bottom. */
import type { Command } from 'commander'
import type { CallMessage, CallMessages } from '../../api/trace-operations.ts'
import { accepted, type CommandContext } from '../context.ts'
import { printable } from '../output/text.ts'
import { describeCommand, type Runner } from '../runner.ts'

interface TraceOptions {
  readonly full?: boolean
}

/** Columns of a lane: the arrow and what stands on it. */
const LANE = 42
const LINES_OF_MESSAGE = 400

export function traceCommand(runner: Runner): Command {
  return describeCommand('trace', 'the SIP messages of a call, without what is secret', [
    'calls trace 01998f2a-1c55-7b1e-9d0e-3f6f5a1b2c3d',
    'calls trace 01998f2a-1c55-7b1e-9d0e-3f6f5a1b2c3d --full',
  ])
    .argument('<id>', 'of the call: ringfence calls --json shows them')
    .option('--full', 'the messages themselves, too')
    .action(
      runner.action<TraceOptions>(async (context, [id = ''], { full }) => {
        const trace = await context.withOperations(async operations => accepted(await operations.callMessages({ id })))
        if (context.options.json) context.printJson(trace)
        else if (trace.messages.length === 0) {
          context.print('No message of this call is kept: it is too old, or trace.keep is none.\n')
        } else ladder(context, trace, full === true)
        return undefined
      }),
    )
}

function ladder(context: CommandContext, { legs, messages }: CallMessages, isFull: boolean): void {
  const head = legs.map(({ direction, number }) => (direction === 'in' ? `${number} - us` : `us - ${number}`))
  context.print(`${'TIME'.padEnd(14)}${head.map(each => printable(each, LANE - 2).padEnd(LANE)).join('')}\n`)
  const first = messages[0]?.at ?? 0
  for (const message of messages) {
    const lane = legs.findIndex(each => each.id === message.leg)
    const elapsed = `+${((message.at - first) / 1_000).toFixed(3)}`
    const arrow = arrowOf(message, legs[lane]?.direction === 'in')
    context.print(`${elapsed.padEnd(14)}${' '.repeat(LANE * Math.max(0, lane))}${arrow}\n`)
    if (isFull) for (const line of linesOf(message)) context.print(`    ${line}\n`)
  }
}

/** The party of a leg that came in stands left of us, that of one that went out right. */
function arrowOf({ direction, line }: CallMessage, isCaller: boolean): string {
  const goesRight = (direction === 'in') === isCaller
  const text = printable(line.replace(/ SIP\/2\.0$/, '').replace(/^SIP\/2\.0 /, ''), LANE - 8)
  return goesRight ? `--- ${text} -->` : `<-- ${text} ---`
}

function linesOf({ text }: CallMessage): readonly string[] {
  return text
    .split(/\r?\n/)
    .slice(0, LINES_OF_MESSAGE)
    .map(line => printable(line, 1_000))
}
