/** `ringfence firewall watch`: what is stopped, and decided, as it happens */
import type { Command } from 'commander'
import type { FirewallStatus } from '../../api/firewall-operations.ts'
import type { Operations } from '../../api/operations.ts'
import type { EventQuery } from '../../events/event-log.ts'
import { type CommandContext, accepted } from '../context.ts'
import { requireServer } from '../live.ts'
import { describeEvent } from '../output/describe-event.ts'
import { formatTime } from '../output/time.ts'
import { describeCommand, type Runner } from '../runner.ts'

const EVERY_MS = 2_000
const PAGE = 100
const TYPES: NonNullable<EventQuery['types']> = [
  'firewall.',
  'message.dropped',
  'authentication.failed',
  'registration.refused',
]

export function watchCommand(runner: Runner): Command {
  return describeCommand('watch', 'a live view: what is stopped a second, and each decision, until Ctrl-C', [
    'firewall watch',
  ]).action(
    runner.action(async context => {
      await context.withOperations(async (operations, opened) => {
        requireServer(opened, context.options.data)
        await watch(context, operations)
      })
      return undefined
    }),
  )
}

async function watch(context: CommandContext, operations: Operations): Promise<void> {
  let interrupted: () => void = () => {}
  const signal = new Promise<'signal'>(resolve => {
    interrupted = () => resolve('signal')
  })
  const forget = context.ports.onSignal(() => interrupted())
  try {
    let after = accepted(await operations.events({ limit: 1 }))[0]?.position ?? 0
    let before = total(accepted(await operations.firewallStatus()))
    let countedAt = context.ports.clock.monotonic()
    for (;;) {
      const outcome = await Promise.race([operations.eventsFollow({ after, types: TYPES, waitMs: EVERY_MS }), signal])
      if (outcome === 'signal') return
      const events = accepted(outcome).slice(-PAGE)
      for (const { event, position } of events) {
        context.print(`${formatTime(event.at)}  ${event.type.padEnd(22)}  ${describeEvent(event)}\n`)
        after = position
      }
      const status = accepted(await operations.firewallStatus())
      const now = context.ports.clock.monotonic()
      const perSecond = (Math.max(0, total(status) - before) * 1_000) / Math.max(1, now - countedAt)
      before = total(status)
      countedAt = now
      context.print(`${lineOf(context, status, perSecond)}\n`)
      if (context.ports.stdout.gone === true) return
      if (events.length > 0 && (await Promise.race([pause(EVERY_MS), signal])) === 'signal') return
    }
  } finally {
    forget()
  }
}

function total({ stopped }: FirewallStatus): number {
  return stopped.reduce((sum, { lastDay }) => sum + lastDay, 0)
}

function lineOf(context: CommandContext, { bans, backOffs, sources }: FirewallStatus, perSecond: number): string {
  const top = sources[0]
  const worst = top === undefined ? '' : `, most from ${top.source} (${top.stopped})`
  const text = `${formatTime(context.ports.clock.now())}  ${perSecond.toFixed(0)} stopped a second, ${bans} banned, ${backOffs} backing off${worst}`
  return context.paint('dim', text)
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
