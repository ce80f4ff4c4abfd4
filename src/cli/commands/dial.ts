/** `ringfence dial NUMBER --from EXTENSION --dry-run` */
import type { Command } from 'commander'
import { accepted } from '../context.ts'
import { CommandError } from '../errors.ts'
import { formatLines, type Line } from '../output/lines.ts'
import { describeCommand, type Runner } from '../runner.ts'

interface DialFlags {
  readonly from: string
  readonly dryRun?: boolean
}

export function registerDial(program: Command, runner: Runner): void {
  program.addCommand(
    describeCommand('dial', 'what would happen if an extension dialled a number', [
      'dial 030123456 --from 101 --dry-run',
      'dial +4930123456 --from 101 --dry-run --json',
    ])
      .argument('<number>', 'as dialled on the phone')
      .requiredOption('--from <extension>', 'who dials')
      .option('--dry-run', 'say what would happen; no call is placed')
      .addHelpText('after', '\nExit code 0 whatever the verdict is: the answer is what was asked for.')
      .action(
        runner.action<DialFlags>(async (context, [number = ''], { from, dryRun }) => {
          if (dryRun !== true) {
            const text = 'placing calls by command is not offered; with --dry-run it says what would happen'
            throw new CommandError('COMMAND_USAGE', text)
          }
          const answer = await context.withOperations(async operations =>
            accepted(await operations.dialDryRun({ number, from })),
          )
          const { e164, class: kind, verdict, route, callerId, reason } = answer
          if (context.options.json) context.printJson({ e164, class: kind, verdict, route, callerId, reason })
          else {
            const lines: readonly Line[] = [
              ['Verdict', { text: verdict, style: verdict === 'allowed' ? 'green' : 'red' }],
              ['Reason', reason],
              ['Number', e164 ?? 'no outside number'],
              ['Class', kind ?? 'none'],
              ['Route', route.length === 0 ? 'none' : route.join(', then ')],
              ['Caller id', callerId ?? 'none'],
            ]
            context.print(formatLines(lines, context.paint))
          }
          return undefined
        }),
      ),
  )
}
