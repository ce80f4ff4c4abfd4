/** `ringfence people …`: who may sign in, as what, and the way back of somebody who lost their devices */
import { Argument, type Command, Option } from 'commander'
import { type PersonRow, ROLES, type Role } from '../../api/people-operations.ts'
import { accepted } from '../context.ts'
import type { Cell } from '../output/text.ts'
import { countOf, printable } from '../output/text.ts'
import { formatTime } from '../output/time.ts'
import { describeCommand, type Runner } from '../runner.ts'
import { inviteCommand, linkCommand, recoverCommand } from './people-links.ts'
import { revokeCommand, sessionsCommand } from './people-sessions.ts'

const EMAIL = 'the address that they sign in with'

export function registerPeople(program: Command, runner: Runner): void {
  const people = describeCommand('people', 'who may sign in, as what, and the way back of somebody who lost a device', [
    'people list',
    'people invite ada@example.com --name Ada --role administrator',
    'people recover ada@example.com --reason "her phone was stolen"',
  ])
  people.addCommand(listCommand(runner))
  people.addCommand(inviteCommand(runner))
  people.addCommand(linkCommand(runner))
  people.addCommand(recoverCommand(runner))
  people.addCommand(suspendCommand(runner))
  people.addCommand(restoreCommand(runner))
  people.addCommand(roleCommand(runner))
  people.addCommand(removeCommand(runner))
  people.addCommand(sessionsCommand(runner))
  people.addCommand(revokeCommand(runner))
  program.addCommand(people)
}

function listCommand(runner: Runner): Command {
  return describeCommand('list', 'everybody who may sign in, and with what', [
    'people list',
    'people list --json',
  ]).action(
    runner.action(async context => {
      const people = await context.withOperations(async operations => accepted(await operations.peopleList()))
      if (context.options.json) context.printJson(people)
      else if (people.length === 0) context.print('Nobody can sign in yet: ringfence people link\n')
      else {
        context.printTable(
          ['EMAIL', 'NAME', 'ROLE', 'OF', 'EXTENSION', 'STATE', 'FACTORS', 'SESSIONS', 'LAST SIGN-IN'],
          people.map(each => [
            each.email,
            each.name,
            each.role,
            each.organisation ?? 'whole installation',
            each.extension ?? '-',
            stateCell(each),
            factors(each),
            String(each.sessions),
            formatTime(each.lastSignInAt),
          ]),
        )
      }
      return undefined
    }),
  )
}

function stateCell({ state }: PersonRow): Cell {
  if (state === 'suspended') return { text: state, style: 'red' }
  return state === 'invited' ? { text: state, style: 'yellow' } : { text: state }
}

function factors({ passkeys, passwordAndCodes, recoveryCodesLeft }: PersonRow): string {
  const all = [
    ...(passkeys === 0 ? [] : [countOf(passkeys, 'passkey')]),
    ...(passwordAndCodes ? [`password + codes, ${recoveryCodesLeft} for recovery`] : []),
  ]
  return all.length === 0 ? '-' : all.join('; ')
}

function suspendCommand(runner: Runner): Command {
  return describeCommand('suspend', 'ends their sessions now; they cannot sign in until somebody restores them', [
    'people suspend ada@example.com --reason "left the company"',
  ])
    .argument('<email>', EMAIL)
    .requiredOption('--reason <text>', 'why, for the log')
    .action(
      runner.action<{ reason: string }>(async (context, [email = ''], { reason }) => {
        const person = await context.withOperations(async operations =>
          accepted(await operations.peopleSuspend({ email, reason })),
        )
        if (context.options.json) context.printJson(person)
        else {
          context.print(`${printable(person.email)} cannot sign in any more.\n`)
          context.remark(
            'Their extension still calls: ringfence extension suspend NUMBER. Keys: ringfence api-key list\n',
          )
        }
        return undefined
      }),
    )
}

function restoreCommand(runner: Runner): Command {
  return describeCommand('restore', 'lets somebody sign in again', [
    'people restore ada@example.com --reason "is back"',
  ])
    .argument('<email>', EMAIL)
    .requiredOption('--reason <text>', 'why, for the log')
    .action(
      runner.action<{ reason: string }>(async (context, [email = ''], { reason }) => {
        const person = await context.withOperations(async operations =>
          accepted(await operations.peopleRestore({ email, reason })),
        )
        if (context.options.json) context.printJson(person)
        else context.print(`${printable(person.email)} may sign in again, as ${person.role}.\n`)
        return undefined
      }),
    )
}

function roleCommand(runner: Runner): Command {
  return describeCommand('role', 'change what somebody may do; their sessions end, so that it counts at once', [
    'people role ada@example.com auditor',
    'people role ada@example.com user --extension 101',
  ])
    .argument('<email>', EMAIL)
    .addArgument(new Argument('<role>', 'docs/people.md says what each may do').choices(ROLES))
    .addOption(new Option('--extension <number>', 'the extension that is theirs; none: takes it away'))
    .action(
      runner.action<{ extension?: string }>(async (context, [email = '', role = ''], { extension }) => {
        const changed = extension === undefined ? {} : { extension: extension === 'none' ? null : extension }
        const person = await context.withOperations(async operations =>
          accepted(await operations.peopleRole({ email, role: role as Role, ...changed })),
        )
        if (context.options.json) context.printJson(person)
        else context.print(`${printable(person.email)} is ${person.role} now.\n`)
        return undefined
      }),
    )
}

function removeCommand(runner: Runner): Command {
  return describeCommand(
    'remove',
    'forget somebody: their factors and sessions are gone, what they did stays in the log',
    ['people remove ada@example.com'],
  )
    .argument('<email>', EMAIL)
    .action(
      runner.action(async (context, [email = '']) => {
        const removed = await context.withOperations(async operations =>
          accepted(await operations.peopleRemove({ email })),
        )
        if (context.options.json) context.printJson(removed)
        else context.print(`${printable(removed.email)} is removed.\n`)
        return undefined
      }),
    )
}
