/** `ringfence people invite|link|recover`: links by which somebody sets their factors; each is shown once */
import { type Command, Option } from 'commander'
import { type InvitationView, ROLES, type Role } from '../../api/people-operations.ts'
import { type CommandContext, accepted } from '../context.ts'
import { printable } from '../output/text.ts'
import { formatTime } from '../output/time.ts'
import { describeCommand, type Runner } from '../runner.ts'
import { readWhere, type WhereFlags, whereOptions } from './where.ts'

interface InviteFlags extends WhereFlags {
  readonly name: string
  readonly role: Role
  readonly extension?: string
}

export function inviteCommand(runner: Runner): Command {
  const command = describeCommand('invite', 'add somebody, and print the link by which they set their passkey', [
    'people invite ada@example.com --name Ada --role administrator',
    'people invite ben@example.com --name Ben --role user --extension 101',
    'people invite soc@provider.example --name "Night shift" --role security --installation',
  ])
    .argument('<email>', 'the address that they will sign in with')
    .requiredOption('--name <name>', 'as others see it')
    .addOption(
      new Option('--role <role>', 'docs/people.md says what each may do').choices(ROLES).makeOptionMandatory(true),
    )
    .option('--extension <number>', 'the extension that is theirs; a user has to have one')
  return whereOptions(command).action(
    runner.action<InviteFlags>(async (context, [email = ''], flags) => {
      const { name, role, extension } = flags
      const input = { email, name, role, ...(extension === undefined ? {} : { extension }), ...readWhere(flags) }
      const invitation = await context.withOperations(async operations =>
        accepted(await operations.peopleInvite(input)),
      )
      printLink(context, invitation)
      return undefined
    }),
  )
}

export function linkCommand(runner: Runner): Command {
  return describeCommand('link', 'a new link for the first owner, while there is none; earlier ones are void', [
    'people link',
  ]).action(
    runner.action(async context => {
      const link = await context.withOperations(async operations => accepted(await operations.peopleLink()))
      printLink(context, link)
      return undefined
    }),
  )
}

export function recoverCommand(runner: Runner): Command {
  return describeCommand(
    'recover',
    'break-glass for somebody who lost their devices: ends their sessions, prints a link that replaces all their factors, and tells everybody who gets alerts',
    ['people recover ada@example.com --reason "her phone was stolen; she called from her desk"'],
  )
    .argument('<email>', 'the address that they sign in with')
    .requiredOption('--reason <text>', 'why, and how you know that it is them: for the log and the alert')
    .action(
      runner.action<{ reason: string }>(async (context, [email = ''], { reason }) => {
        const recovery = await context.withOperations(async operations =>
          accepted(await operations.peopleRecover({ email, reason })),
        )
        printLink(context, recovery)
        context.remark(
          recovery.replacesFactors
            ? `BREAK-GLASS: whoever opens this link is ${printable(recovery.email)}. Their sessions have ended, and every passkey, password\n` +
                'and code of theirs is void once the link is used. It is in the log as a critical event, with your reason.\n'
            : `${printable(recovery.email)} had not used the first link: that one is void.\n`,
        )
        return undefined
      }),
    )
}

function printLink(context: CommandContext, link: InvitationView): void {
  if (context.options.json) {
    context.printJson(link)
    return
  }
  const { email, role, organisation, url, expiresAt } = link
  context.print(`${url}\n`)
  context.remark(
    `For ${printable(email)}, ${role} of ${organisation ?? 'the whole installation'}. It works once, until ${formatTime(expiresAt)}, and is not shown again.\n` +
      'Give it to them by a way that nobody else reads.\n',
  )
}
