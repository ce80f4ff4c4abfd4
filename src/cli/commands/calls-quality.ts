/** `ringfence calls quality ID`: how both sides of a call sounded, from its beginning to its end. */
import type { Command } from 'commander'
import type { MeasuredSide } from '../../api/trace-operations.ts'
import { accepted } from '../context.ts'
import { describeCommand, type Runner } from '../runner.ts'

export function qualityCommand(runner: Runner): Command {
  return describeCommand('quality', 'how both sides of a call sounded: MOS, loss, jitter, round trip', [
    'calls quality 01998f2a-1c55-7b1e-9d0e-3f6f5a1b2c3d',
  ])
    .argument('<id>', 'of the call: ringfence calls --json shows them')
    .action(
      runner.action(async (context, [id = '']) => {
        const { points } = await context.withOperations(async operations =>
          accepted(await operations.callQuality({ id })),
        )
        if (context.options.json) context.printJson({ points })
        else if (points.length === 0) context.print('Nothing was measured in this call, or it is too old.\n')
        else {
          const first = points[0]!.at
          const titles = ['MOS', 'LOST', 'JITTER', 'ROUND TRIP']
          context.printTable(
            ['AFTER', ...titles.map(title => `CALLER ${title}`), ...titles.map(title => `CALLEE ${title}`)],
            points.map(({ at, caller, callee }) => [
              `+${Math.round((at - first) / 1_000)} s`,
              ...cellsOf(caller),
              ...cellsOf(callee),
            ]),
          )
        }
        return undefined
      }),
    )
}

function cellsOf({ packets, lost, jitterMs, roundTripMs, mos }: MeasuredSide): readonly string[] {
  const share = packets + lost === 0 ? 0 : (100 * lost) / (packets + lost)
  return [
    mos === null ? '-' : mos.toFixed(2),
    `${share.toFixed(1)} %`,
    `${jitterMs.toFixed(1)} ms`,
    roundTripMs === null ? '-' : `${roundTripMs.toFixed(0)} ms`,
  ]
}
