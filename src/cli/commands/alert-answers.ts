/** `ringfence alert list|show|acknowledge` */
import type { Command } from 'commander'
import type { AlertView } from '../../api/alert-operations.ts'
import { accepted } from '../context.ts'
import { CommandError } from '../errors.ts'
import { readCount } from '../option-values.ts'
import { formatLines, type Line } from '../output/lines.ts'
import { formatTime } from '../output/time.ts'
import { describeCommand, type Runner } from '../runner.ts'

const MAXIMUM_ROWS = 1_000
/** Of an id: enough to say which. */
const ENDING = 12

export function listCommand(runner: Runner): Command {
  return describeCommand('list', 'what somebody has to see to', ['alert list', 'alert list --all --json'])
    .option('--all', 'also what somebody saw to, and what nobody has to see to')
    .option('--limit <number>', 'at most so many, the newest first', '50')
    .action(
      runner.action<{ readonly all?: boolean; readonly limit: string }>(
        async (context, _operands, { all = false, limit }) => {
          const input = { all, limit: readCount('--limit', limit, MAXIMUM_ROWS) }
          const alerts = await context.withOperations(async operations => accepted(await operations.alertList(input)))
          if (context.options.json) context.printJson(alerts)
          else if (alerts.length === 0) {
            context.print(all ? 'Nobody was told of anything yet.\n' : 'There is nothing to see to.\n')
          } else {
            context.printTable(
              ['ID', 'TIME', 'URGENCY', 'STATE', 'WHAT'],
              alerts.map(each => [
                each.id.slice(-ENDING),
                formatTime(each.at),
                { text: each.urgency, style: each.urgency === 'critical' ? 'red' : 'yellow' } as const,
                stateOf(each),
                each.title,
              ]),
            )
          }
          return undefined
        },
      ),
    )
}

export function showCommand(runner: Runner): Command {
  return describeCommand('show', 'one alert in full', ['alert show 5d0c8e61a2f4'])
    .argument('<id>', 'as "alert list" shows it')
    .action(
      runner.action(async (context, [id = '']) => {
        const alert = await context.withOperations(async operations => accepted(await operations.alertShow({ id })))
        if (context.options.json) context.printJson(alert)
        else context.print(formatLines(linesOf(alert), context.paint))
        return undefined
      }),
    )
}

export function acknowledgeCommand(runner: Runner): Command {
  return describeCommand('acknowledge', 'say that you see to it: nobody else is told', [
    'alert acknowledge 5d0c8e61a2f4',
    'alert acknowledge 5d0c8e61a2f4 --comment "it was a test of ours"',
    'alert acknowledge --all',
  ])
    .argument('[ids...]', 'as "alert list" shows them')
    .option('--all', 'whatever is open')
    .option('--comment <text>', 'for who asks later')
    .action(
      runner.action<{ readonly all?: boolean; readonly comment?: string }>(
        async (context, operands, { all = false, comment }) => {
          if (all === operands.length > 0)
            throw new CommandError('COMMAND_USAGE', 'name alerts by their ids, or say --all')
          const done = await context.withOperations(async operations => {
            const open = all ? accepted(await operations.alertList({ all: false, limit: MAXIMUM_ROWS })) : []
            const answered: AlertView[] = []
            for (const id of all ? open.map(each => each.id) : operands) {
              const input = { id, ...(comment === undefined ? {} : { comment }) }
              answered.push(accepted(await operations.alertAcknowledge(input)))
            }
            return answered
          })
          if (context.options.json) context.printJson(done)
          else if (done.length === 0) context.print('There is nothing to see to.\n')
          else for (const each of done) context.print(`${answerOf(each)}: ${each.title}\n`)
          return undefined
        },
      ),
    )
}

function stateOf({ state, escalatedAt }: AlertView): string {
  return state === 'open' && escalatedAt !== null ? 'open, escalated' : state
}

function answerOf({ answeredBy, answeredAt }: AlertView): string {
  return answeredBy === null || answeredAt === null ? 'open' : `${answeredBy} saw to it, ${formatTime(answeredAt)}`
}

function linesOf(alert: AlertView): readonly Line[] {
  const { id, type, at, urgency, title, happened, who, done, advice, details, comment, escalatedAt, sent } = alert
  return [
    ['id', id],
    ['what', title],
    ['happened', happened],
    ['when', formatTime(at)],
    ['who', who],
    ['urgency', urgency],
    ['done', done],
    ...(advice === null ? [] : [['advice', advice] as const]),
    ['state', stateOf(alert)],
    ...(alert.answeredBy === null ? [] : [['answer', answerOf(alert)] as const]),
    ...(comment === null ? [] : [['comment', comment] as const]),
    ...(escalatedAt === null ? [] : [['escalated', formatTime(escalatedAt)] as const]),
    ['sent by', sent.length === 0 ? '-' : sent.join(', ')],
    ['event', type],
    ...Object.entries(details),
  ]
}
