/** `ringfence people sessions|revoke`: where people are signed in, and how that ends */
import type { Command } from 'commander'
import { accepted } from '../context.ts'
import { countOf } from '../output/text.ts'
import { formatTime } from '../output/time.ts'
import { describeCommand, type Runner } from '../runner.ts'

const SESSION_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export function sessionsCommand(runner: Runner): Command {
  return describeCommand('sessions', 'where people are signed in now', [
    'people sessions',
    'people sessions ada@example.com',
  ])
    .argument('[email]', 'of one person only')
    .action(
      runner.action(async (context, [email]) => {
        const input = email === undefined ? {} : { email }
        const sessions = await context.withOperations(async operations =>
          accepted(await operations.peopleSessions(input)),
        )
        if (context.options.json) context.printJson(sessions)
        else if (sessions.length === 0) context.print('Nobody is signed in.\n')
        else {
          context.printTable(
            ['ID', 'WHO', 'BY', 'FROM', 'SINCE', 'LAST SEEN', 'ENDS', 'BROWSER'],
            sessions.map(each => [
              each.id,
              each.email,
              each.method,
              each.address,
              formatTime(each.createdAt),
              formatTime(each.lastSeenAt),
              formatTime(each.endsAt),
              each.userAgent,
            ]),
          )
        }
        return undefined
      }),
    )
}

export function revokeCommand(runner: Runner): Command {
  return describeCommand('revoke', 'end one session, or all sessions of somebody', [
    'people revoke ada@example.com',
    'people revoke 01a20000-0000-7000-8000-000000000013',
  ])
    .argument('<session-or-email>', 'the id of a session, or the address of whom all sessions end')
    .action(
      runner.action(async (context, [which = '']) => {
        const input = SESSION_ID.test(which) ? { session: which } : { email: which }
        const { ended } = await context.withOperations(async operations =>
          accepted(await operations.peopleRevoke(input)),
        )
        if (context.options.json) context.printJson({ ended })
        else {
          context.print(`Ended: ${countOf(ended, 'session')}.\n`)
          context.remark('They may sign in again; to keep them out: ringfence people suspend EMAIL --reason WHY\n')
        }
        return undefined
      }),
    )
}
