/** Saved searches of the running system that people are told of. */
import type { Timer } from '../base/clock.ts'
import { createSearchWatch } from '../search/watch.ts'
import type { Core } from './core.ts'

export interface RunningSearches {
  /** Reads them anew. */
  changed(): Promise<void>
  stop(): void
}

/** Another node may have changed them. */
const LOOK_MS = 30_000

export async function watchSearches({ store, bus, clock, logger }: Core): Promise<RunningSearches> {
  let timer: Timer | undefined
  let stopped = false
  const watch = createSearchWatch({
    clock,
    found: ({ name, q, tell, organisationId }, count, events) =>
      void bus.publish(
        'search.found',
        { search: name, q, count, minutes: tell?.minutes ?? 0, events: [...events] },
        organisationId,
      ),
    onMissed: count =>
      void bus.publish('system.overloaded', {
        what: 'saved searches',
        detail: `${count} events were not looked at: more came than searches could be asked`,
      }),
  })
  async function changed(): Promise<void> {
    watch.use(await store.searches.list())
  }
  function look(): void {
    timer = clock.schedule(LOOK_MS, () => {
      changed()
        .catch((error: unknown) => logger.warn({ detail: String(error) }, 'saved searches were not read'))
        .finally(() => (stopped ? undefined : look()))
    })
  }
  await changed()
  const unsubscribe = bus.subscribe(event => watch.take(event))
  look()
  return {
    changed,
    stop() {
      stopped = true
      timer?.cancel()
      unsubscribe()
      watch.stop()
    },
  }
}
