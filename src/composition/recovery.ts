/** After a crash: calls that were up get an end in their records, and an event each. */
import type { CallRecord } from '../call/call-record.ts'
import type { Core } from './core.ts'

export async function closeOrphanedCalls({ store, bus, clock, logger }: Core): Promise<readonly CallRecord[]> {
  const orphans = await store.calls.closeOrphans(clock.now())
  if (orphans.length > 0)
    logger.warn({ calls: orphans.length }, 'calls that were up at the last crash have been closed')
  for (const record of orphans) {
    const [caller, callee] = record.legs
    const leg = (each: typeof caller) => ({
      number: each?.number ?? '',
      username: undefined,
      signalling: each?.signalling.protocol ?? '',
      tls: each?.signalling.tls,
      media: each?.media?.suite,
      codec: each?.media?.codec,
    })
    bus.publish(
      'call.ended',
      {
        callId: record.id,
        from: record.from,
        to: record.to,
        side: 'system',
        cause: 'system-crash',
        sipCode: 0,
        durationMs: Math.max(0, (record.endedAt ?? record.startedAt) - (record.answeredAt ?? record.startedAt)),
        caller: leg(caller),
        callee: callee === undefined ? undefined : leg(callee),
        callerQuality: undefined,
        calleeQuality: undefined,
      },
      record.organisationId,
    )
  }
  return orphans
}
