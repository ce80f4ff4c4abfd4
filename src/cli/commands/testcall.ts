/** `ringfence testcall A B` */
import type { Command } from 'commander'
import type { CommandContext } from '../context.ts'
import { CommandError, EXIT } from '../errors.ts'
import { requireServer } from '../live.ts'
import { describeCommand, type Runner } from '../runner.ts'
import { runTestcall, type TestcallReport, type TestcallSide } from '../testcall/run-testcall.ts'

const WHAT_IT_DOES = `
Two phones of our own register at the running server over TLS as A and B, A calls B, B answers, each speaks a tone and
listens for the other's. Afterwards they are removed. Other phones of B ring for a moment. Exit code 1 when anything is
not as it should be.`

export function registerTestcall(program: Command, runner: Runner): void {
  program.addCommand(
    describeCommand('testcall', 'call one extension from another and measure the call', [
      'testcall 101 102',
      'testcall 101 102 --json',
    ])
      .argument('<from>', 'extension that calls')
      .argument('<to>', 'extension that answers')
      .addHelpText('after', WHAT_IT_DOES)
      .action(
        runner.action(async (context, [caller = '', callee = '']) => {
          const report = await context.withOperations(async (operations, opened) => {
            requireServer(opened, context.options.data)
            return testcall(context, { operations, caller, callee })
          })
          if (context.options.json) context.printJson(report)
          else printReport(context, report)
          return report.ok ? EXIT.ok : EXIT.failed
        }),
      ),
  )
}

async function testcall(
  context: CommandContext,
  input: Pick<Parameters<typeof runTestcall>[0], 'operations' | 'caller' | 'callee'>,
): Promise<TestcallReport> {
  let interrupt: (error: Error) => void = () => {}
  const interrupted = new Promise<never>((_resolve, reject) => {
    interrupt = reject
  })
  interrupted.catch(() => undefined)
  const forget = context.ports.onSignal(() =>
    interrupt(new CommandError('COMMAND_FAILED', 'the test call was interrupted')),
  )
  let current = 'starting'
  const step = (text: string): void => {
    current = text
  }
  try {
    return await context.progress('test call', runTestcall({ ...input, interrupted, step }), () => current)
  } finally {
    forget()
  }
}

function printReport(context: CommandContext, report: TestcallReport): void {
  const { paint } = context
  const { caller, callee, setupMs, faults } = report
  if (caller !== null && callee !== null) {
    context.print(`Answered after ${setupMs} ms.\n\n`)
    const row = (title: string, of: (side: TestcallSide) => string): readonly string[] => [
      title,
      of(caller),
      of(callee),
    ]
    context.printTable(
      ['', `CALLER ${caller.extension}`, `CALLEE ${callee.extension}`],
      [
        row('Signalling', side => `${side.tls ?? 'NOT ENCRYPTED'} ${side.cipher ?? ''}`),
        row('Log-in', side => `${side.authentication ?? 'unknown'} digest`),
        row('Sound', side => `SRTP ${side.suite ?? 'NONE'}, ${side.codec ?? 'no codec'}`),
        row('Lost', side => `${side.lossPercent} % of ${side.packetsReceived} packets`),
        row('Jitter', side => `${side.jitterMs} ms`),
        row('MOS', side => (side.mos === null ? 'unknown' : `${side.mos} of 4.5`)),
        row('Heard', side => `${side.tone.hertz} Hz: ${side.tone.heard ? 'yes' : 'NO'}`),
      ],
    )
    context.print('\n')
  }
  for (const fault of faults) context.print(`${paint('red', 'FAIL')}  ${fault}\n`)
  if (report.ok)
    context.print(
      `${paint('green', 'OK')}  both sides heard each other; signalling and sound were encrypted on both legs.\n`,
    )
}
