/** A directory service on a repository in memory, with what it published, for this room's tests. */
import assert from 'node:assert/strict'
import { ManualClock } from '../../base/clock.ts'
import type { Result } from '../../base/result.ts'
import { newId, type OrganisationId } from '../../base/ids.ts'
import type { EventPublisher } from '../../events/bus.ts'
import type { EventOf, EventType, RingfenceEvent } from '../../events/catalogue.ts'
import { createDirectoryService, type DirectoryService, type DirectoryServiceOptions } from '../directory-service.ts'
import { createFakeRepository } from '../fake-repository.ts'
import type { DirectoryRefusal } from '../types.ts'

export const ACTOR = { kind: 'operator', name: 'root' } as const

export interface StartedDirectory {
  readonly directory: DirectoryService
  readonly state: ReturnType<typeof createFakeRepository>['state']
  readonly published: RingfenceEvent[]
  /** Another service on the same repository, as after a restart. */
  restarted(): Promise<DirectoryService>
}

/** With extensions 101 and 102, in Germany, where 110 and 112 call for help. Nothing of that is in `published`. */
export async function startDirectory(options: Partial<DirectoryServiceOptions> = {}): Promise<StartedDirectory> {
  const { state, repository } = createFakeRepository()
  const clock = new ManualClock()
  const published: RingfenceEvent[] = []
  const events = collectInto(published)
  const create = async (): Promise<DirectoryService> => {
    const directory = createDirectoryService({
      repository,
      clock,
      events,
      domain: 'pbx.example.de',
      isEmergencyNumber: (country, number) =>
        (country === 'DE' && ['110', '112'].includes(number)) || (country === 'US' && number === '911'),
      ...options,
    })
    await directory.load()
    return directory
  }
  const directory = await create()
  for (const number of ['101', '102']) await accepted(directory.addExtension({ number, name: number }, ACTOR))
  published.length = 0
  return { directory, state, published, restarted: create }
}

function collectInto(published: RingfenceEvent[]): EventPublisher {
  return {
    publish<T extends EventType>(type: T, data: EventOf<T>['data'], organisationId?: OrganisationId) {
      const envelope = { id: newId<'EventId'>(0), type, at: 0, severity: 'info' as const, organisationId }
      const event: EventOf<T> = { ...envelope, data }
      published.push(event as unknown as RingfenceEvent)
      return event
    },
  }
}

export async function accepted<T>(outcome: Promise<Result<T, DirectoryRefusal>>): Promise<T> {
  const result = await outcome
  if (!result.ok) assert.fail(`${result.error.code}: ${result.error.message}`)
  return result.value
}

/** The code of the refusal, or `accepted`. */
export async function codeOf(outcome: Promise<Result<unknown, DirectoryRefusal>>): Promise<string> {
  const result = await outcome
  return result.ok ? 'accepted' : result.error.code
}

export async function refusal(outcome: Promise<Result<unknown, DirectoryRefusal>>): Promise<DirectoryRefusal> {
  const result = await outcome
  if (result.ok) assert.fail('it was accepted')
  return result.error
}
