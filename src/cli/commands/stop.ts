/** `ringfence stop`: asks the running server to take no new calls, and waits until it is gone. */
import type { Command } from 'commander'
import type { Operations, StopView } from '../../api/operations.ts'
import { accepted, type CommandContext } from '../context.ts'
import { requireServer } from '../live.ts'
import { LONGEST_DRAIN_S, readSeconds } from '../option-values.ts'
import { formatDuration } from '../output/time.ts'
import { describeCommand, type Runner } from '../runner.ts'

interface StopFlags {
  readonly drainTime: string
  readonly wait: boolean
}

const LOOK_MS = 250

export function registerStop(program: Command, runner: Runner): void {
  program.addCommand(
    describeCommand('stop', 'stop the running server when its calls have ended', [
      'stop',
      'stop --drain-time 600',
      'stop --drain-time 0',
    ])
      .option('--drain-time <seconds>', 'how long live calls may go on before they are ended', '60')
      .option('--no-wait', 'do not wait until the server is gone')
      .action(runner.action<StopFlags>((context, _operands, flags) => stop(context, flags))),
  )
}

async function stop(context: CommandContext, { drainTime, wait }: StopFlags): Promise<undefined> {
  const drainSeconds = readSeconds('--drain-time', drainTime, LONGEST_DRAIN_S)
  const asked = await context.withOperations(async (operations, opened) => {
    requireServer(opened, context.options.data)
    const view = accepted(await operations.systemStop({ drainSeconds }))
    if (view.liveCalls > 0) {
      context.remark(
        `No new calls; ${view.liveCalls} live calls may go on for ${formatDuration(drainSeconds * 1_000)}.\n`,
      )
    }
    if (wait) await waitUntilGone(context, operations, view)
    return view
  })
  if (context.options.json) context.printJson(asked)
  else context.print(wait ? 'Stopped.\n' : 'Stopping.\n')
  return undefined
}

/** The control socket closes first; the server is gone when its process is. */
async function waitUntilGone(
  { ports, progress }: CommandContext,
  operations: Operations,
  asked: StopView,
): Promise<void> {
  let { liveCalls } = asked
  const gone = async (): Promise<void> => {
    for (;;) {
      const status = await operations.status()
      if (status.ok) liveCalls = status.value.liveCalls
      else if (!ports.processLives(asked.pid)) return
      // Not by the clock of the ports, whose timers let the process end.
      await new Promise<void>(resolve => void setTimeout(resolve, LOOK_MS))
    }
  }
  await progress('stopping', gone(), () => `${liveCalls} calls are up`)
}
