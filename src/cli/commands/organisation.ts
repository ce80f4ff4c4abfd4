/** `ringfence organisation list|add`: businesses on this installation, which never meet each other */
import type { Command } from 'commander'
import { accepted } from '../context.ts'
import { printable } from '../output/text.ts'
import { formatTime } from '../output/time.ts'
import { describeCommand, type Runner } from '../runner.ts'

export function registerOrganisation(program: Command, runner: Runner): void {
  const organisations = describeCommand(
    'organisation',
    'the businesses on this installation, each with its own domain',
    ['organisation list', 'organisation add "Second Street Bakery" --domain bakery.example.com'],
  )
  organisations.addCommand(listCommand(runner))
  organisations.addCommand(addCommand(runner))
  program.addCommand(organisations)
}

function listCommand(runner: Runner): Command {
  return describeCommand('list', 'all of them; the first is the one that commands are about', [
    'organisation list',
  ]).action(
    runner.action(async context => {
      const all = await context.withOperations(async operations => accepted(await operations.organisationList()))
      if (context.options.json) context.printJson(all)
      else {
        context.printTable(
          ['ID', 'NAME', 'DOMAIN', 'EXTENSIONS', 'PEOPLE', 'SINCE'],
          all.map(({ id, name, domain, extensions, people, createdAt }) => [
            id,
            name,
            domain,
            String(extensions),
            people === null ? '-' : String(people),
            formatTime(createdAt),
          ]),
        )
      }
      return undefined
    }),
  )
}

function addCommand(runner: Runner): Command {
  return describeCommand(
    'add',
    'add a business: its domain stays, because the passwords of its phones are bound to it',
    ['organisation add "Second Street Bakery" --domain bakery.example.com'],
  )
    .argument('<name>', 'as people know it')
    .requiredOption('--domain <domain>', 'the SIP domain of its phones; nobody else here has it')
    .action(
      runner.action<{ domain: string }>(async (context, [name = ''], { domain }) => {
        const added = await context.withOperations(async operations =>
          accepted(await operations.organisationAdd({ name, domain })),
        )
        if (context.options.json) context.printJson(added)
        else {
          context.print(`${printable(added.name)} is there, with ${added.domain}.\n`)
          const next = `ringfence people invite EMAIL --name NAME --role owner --organisation ${added.domain}`
          context.remark(`Its first owner: ${next}\n`)
        }
        return undefined
      }),
    )
}
