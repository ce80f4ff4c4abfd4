/** A data folder with many extensions and events, written into the store itself: through the door it would take an hour. */
import { silentLogger } from '../../src/base/logger.ts'
import { systemClock } from '../../src/base/clock.ts'
import type { OrganisationId } from '../../src/base/ids.ts'
import { newId } from '../../src/base/ids.ts'
import { type Core, openCore } from '../../src/composition/core.ts'
import { loadConfiguration } from '../../src/config/load.ts'
import { EVENT_SEVERITY, type RingfenceEvent } from '../../src/events/catalogue.ts'
import { generator } from '../../test/support/phone-numbers.ts'
import type { TemporaryFolder } from '../../test/support/places.ts'

/** One of so many is of a type that is looked for: its page lies behind many others. */
export const RARE = 5_000
const BATCH = 2_000
/** One of so many is of a small organisation beside the large one. */
const SMALL = 10_000
export const SMALL_DOMAIN = 'small.example'
export const pick = generator(20_261_124)

export const numberOf = (index: number): string => String(100_000 + index)

export interface Filling {
  readonly extensions: number
  readonly events: number
}

function eventOf(organisationId: OrganisationId, index: number, at: number, extensions: number): RingfenceEvent {
  const source = { address: `198.51.${pick(100)}.${pick(250)}`, port: 5_061, protocol: 'TLS' }
  const common = { id: newId<'EventId'>(at), at, organisationId }
  if (index % RARE === 0) {
    const type = 'call.refused' as const
    const data = { callId: `c${index}`, from: '101', to: '+4930', sipCode: 403, rule: 'FRAUD_BURST', reason: 'a burst' }
    return { ...common, type, severity: EVENT_SEVERITY[type], data }
  }
  const type = 'authentication.failed' as const
  const data = { username: numberOf(pick(extensions)), source, method: 'REGISTER', userAgent: 'bench', reason: 'wrong' }
  return { ...common, type, severity: EVENT_SEVERITY[type], data } as RingfenceEvent
}

/** Throws where the store does not take it. */
export async function fillStore(data: TemporaryFolder, { extensions, events }: Filling): Promise<void> {
  const loaded = loadConfiguration({ overrides: { data: data.path } })
  if (!loaded.ok) throw new Error(loaded.error.message)
  const core: Core = await openCore({
    configuration: loaded.value,
    clock: systemClock,
    logger: silentLogger,
  })
  try {
    const { id } = core.directory.primary
    const actor = { kind: 'operator', name: 'bench' } as const
    const small = await core.directory.addOrganisation({ name: 'Small', domain: SMALL_DOMAIN }, actor)
    if (!small.ok) throw new Error(small.error.message)
    const ownerOf = (index: number): OrganisationId => (index % SMALL === 1 ? small.value.id : id)
    for (let index = 0; index < extensions; index++) {
      const added = await core.directory.addExtension({ number: numberOf(index), name: `Phone ${index}` }, actor)
      if (!added.ok) throw new Error(added.error.message)
    }
    const first = Date.now() - events * 100
    for (let index = 0; index < events; index += BATCH) {
      const count = Math.min(BATCH, events - index)
      const batch = Array.from({ length: count }, (_, each) =>
        eventOf(ownerOf(index + each), index + each, first + (index + each) * 100, extensions),
      )
      await Promise.all(batch.map(event => core.store.events.append(event)))
    }
  } finally {
    await core.close()
  }
}
