/** `ringfence search list|save|remove|run` */
import type { Command } from 'commander'
import { MAXIMUM_MINUTES, MAXIMUM_MORE, type SearchView } from '../../api/search-operations.ts'
import { accepted } from '../context.ts'
import { CommandError } from '../errors.ts'
import { readCount } from '../option-values.ts'
import { formatTime } from '../output/time.ts'
import { describeCommand, type Runner } from '../runner.ts'

export function registerSearch(program: Command, runner: Runner): void {
  program.addCommand(
    describeCommand('search', 'questions to the log that are kept by name, and told of (docs/query.md)', [
      'search save "guesses" "type:authentication.failed" --more 20 --minutes 5',
      'search list',
    ])
      .addCommand(listCommand(runner))
      .addCommand(saveCommand(runner))
      .addCommand(removeCommand(runner)),
  )
}

function listCommand(runner: Runner): Command {
  return describeCommand('list', 'what is kept', ['search list', 'search list --json']).action(
    runner.action(async context => {
      const searches = await context.withOperations(async operations => accepted(await operations.searchList({})))
      if (context.options.json) context.printJson(searches)
      else if (searches.length === 0) context.print('No search is saved.\n')
      else {
        context.printTable(
          ['NAME', 'TOLD OF', 'CHANGED', 'BY', 'QUESTION'],
          searches.map(each => [each.name, toldOf(each), formatTime(each.changedAt), each.changedBy, each.q]),
        )
      }
      return undefined
    }),
  )
}

interface SaveFlags {
  readonly more?: string
  readonly minutes?: string
}

function saveCommand(runner: Runner): Command {
  return describeCommand('save', 'keep a question, in place of the one of that name', [
    'search save "calls to Cuba" "type:call.* data.to~+53"',
    'search save guesses "type:authentication.failed" --more 20 --minutes 5',
  ])
    .argument('<name>', 'letters, digits, blanks, points and dashes')
    .argument('<question>', 'in the filter language')
    .option('--more <count>', 'people are told when more events than these answer …')
    .option('--minutes <count>', '… within so many minutes')
    .action(
      runner.action<SaveFlags>(async (context, [name = '', q = ''], { more, minutes }) => {
        if ((more === undefined) !== (minutes === undefined)) {
          throw new CommandError('COMMAND_USAGE', '--more and --minutes go together')
        }
        const tell =
          more === undefined || minutes === undefined
            ? null
            : {
                more: more === '0' ? 0 : readCount('--more', more, MAXIMUM_MORE),
                minutes: readCount('--minutes', minutes, MAXIMUM_MINUTES),
              }
        const saved = await context.withOperations(async operations =>
          accepted(await operations.searchSave({ name, q, tell })),
        )
        if (context.options.json) context.printJson(saved)
        else context.print(`saved ${saved.name}${tell === null ? '' : `; people are told of ${toldOf(saved)}`}\n`)
        return undefined
      }),
    )
}

function removeCommand(runner: Runner): Command {
  return describeCommand('remove', 'keep it no longer', ['search remove guesses'])
    .argument('<name>', 'as "search list" shows it')
    .action(
      runner.action(async (context, [name = '']) => {
        const removed = await context.withOperations(async operations =>
          accepted(await operations.searchRemove({ name })),
        )
        if (context.options.json) context.printJson(removed)
        else context.print(`removed ${removed.name}\n`)
        return undefined
      }),
    )
}

function toldOf({ tell }: SearchView): string {
  return tell === null ? '-' : `more than ${tell.more} in ${tell.minutes} min`
}
