/** `ringfence alert list|show|acknowledge|test` */
import type { Command } from 'commander'
import { acknowledgeCommand, listCommand, showCommand } from './alert-answers.ts'
import { accepted } from '../context.ts'
import { EXIT } from '../errors.ts'
import { requireServer } from '../live.ts'
import { describeCommand, type Runner } from '../runner.ts'

export function registerAlert(program: Command, runner: Runner): void {
  program.addCommand(
    describeCommand('alert', 'what people were told of by mail, webhook and chat, and who saw to it', ['alert list'])
      .addCommand(listCommand(runner))
      .addCommand(showCommand(runner))
      .addCommand(acknowledgeCommand(runner))
      .addCommand(testCommand(runner)),
  )
}

function testCommand(runner: Runner): Command {
  return describeCommand('test', 'send a test by every configured channel, and say what came of it', [
    'alert test',
    'alert test --json',
  ]).action(
    runner.action(async context => {
      const tests = await context.withOperations(async (operations, opened) => {
        requireServer(opened, context.options.data)
        return accepted(await operations.alertTest())
      })
      if (context.options.json) context.printJson(tests)
      else if (tests.length === 0) {
        context.print('No channel is configured; the setting is "alerts": see docs/configuration.md\n')
      } else {
        context.printTable(
          ['CHANNEL', 'RESULT', 'TIME', 'DETAIL'],
          tests.map(({ channel, ok, detail, milliseconds }) => [
            channel,
            ok ? 'taken' : 'FAILED',
            `${milliseconds} ms`,
            detail === '' ? '-' : detail,
          ]),
        )
      }
      return tests.length > 0 && tests.every(each => each.ok) ? undefined : EXIT.failed
    }),
  )
}
