/** One of everything that an organisation can have, made by its own operations; what each is called, by the path that names it. */
import assert from 'node:assert/strict'
import type { Operations } from '../../src/api/operations.ts'
import { newId, type OrganisationId } from '../../src/base/ids.ts'
import type { CallRecord } from '../../src/call/call-record.ts'
import { ALL_RULES } from '../../src/fraud/rules/index.ts'
import { type ApiWorld, OPERATOR } from './api-world.ts'
import { got } from './fraud-system.ts'
import { packagedRules } from '../../src/detection/packaged-rules.ts'

export interface OrganisationNames {
  readonly extension: string
  readonly e164: string
  readonly prefix: string
  /** Stands in every name. */
  readonly mark: string
}

export async function fillOrganisation(
  world: ApiWorld,
  operations: Operations,
  organisationId: OrganisationId,
  { extension, e164, prefix, mark }: OrganisationNames,
): Promise<Readonly<Record<string, string>>> {
  const group = `${extension[0]}91`
  got(await operations.extensionAdd({ number: extension, name: `${mark} front desk` }))
  const { username } = got(await operations.deviceAdd({ extension, label: `${mark} desk` }))
  got(await operations.trunkAdd({ name: `${mark.toLowerCase()}-trunk`, host: `${mark.toLowerCase()}.example.net` }))
  got(await operations.numberAdd({ e164, target: `extension:${extension}`, label: `${mark} main` }))
  got(await operations.groupAdd({ number: group, members: [extension], name: `${mark} all` }))
  got(await operations.fraudBlock({ prefix, reason: `${mark} closed it`, seconds: 3_600 }))
  const { upload } = got(await operations.deckBegin({ name: `${mark} deck` }))
  const decision = decide(world, organisationId, extension, mark, false)
  const approval = decide(world, organisationId, extension, mark, true)
  const call = newId<'CallId'>(world.clock.now())
  world.records.push(record(call, organisationId, extension, world.clock.now()))
  world.live.push({
    id: newId(world.clock.now()),
    organisationId,
    from: extension,
    to: `${mark} caller`,
    state: 'ringing',
    startedAt: world.clock.now(),
    answeredAt: null,
    legs: [],
  })
  const search = `${mark} guesses`
  got(await operations.searchSave({ name: search, q: 'type:authentication.failed', tell: { more: 10, minutes: 5 } }))
  const failed = { extension, callId: call, detail: `${mark} line is dead`, number: '112' }
  const alert = world.bus.publish('emergency.failed', failed as never, organisationId).id
  const { person, session, key } = await fillPeople(world, organisationId, mark)
  return {
    '/extensions/{number}': extension,
    '/devices/{username}': username,
    '/trunks/{name}': `${mark.toLowerCase()}-trunk`,
    '/numbers/{e164}': e164,
    '/groups/{number}': group,
    '/deck/uploads/{upload}': upload,
    '/fraud/rules/{id}': ALL_RULES[0]!.id,
    '/fraud/decisions/{id}': decision,
    '/fraud/approvals/{id}': approval,
    '/fraud/blocks/{prefix}': prefix,
    '/calls/{id}': call,
    '/alerts/{id}': alert,
    '/searches/{name}': search,
    '/exports/{name}': 'siem',
    '/detections/{id}': packagedRules().rules[0]!.id,
    '/me/approvals/{id}': approval,
    '/me/calls/{id}': call,
    '/me/sessions/{id}': session,
    '/me/passkeys/{id}': newId(world.clock.now()),
    '/people/{id}': person,
    '/sessions/{id}': session,
    '/api-keys/{id}': key,
  }
}

function decide(
  { fraud, directory, clock }: ApiWorld,
  organisationId: OrganisationId,
  extension: string,
  mark: string,
  asks: boolean,
): string {
  const id = newId<'DecisionId'>(clock.now())
  const subject = directory.extensionByNumber(organisationId, extension)!.id
  const shared = {
    id,
    rule: 'FRAUD_BURST',
    mode: 'on',
    at: clock.now(),
    organisationId,
    subject,
    callId: 'call-1',
  } as const
  const rest = { reason: `${mark} called too much`, evidence: { calls: '12' }, expiresAt: undefined } as const
  fraud.decisions.add(
    asks
      ? {
          ...shared,
          ...rest,
          rule: 'FRAUD_NEW_COUNTRY',
          response: 'confirm',
          approval: { kind: 'country', value: 'FR' },
        }
      : { ...shared, ...rest, response: 'block' },
    clock.now(),
  )
  return id
}

function record(id: CallRecord['id'], organisationId: OrganisationId, extension: string, now: number): CallRecord {
  return {
    id,
    organisationId,
    from: extension,
    to: '+4930555',
    startedAt: now - 60_000,
    answeredAt: now - 50_000,
    endedAt: now - 10_000,
    end: undefined,
    legs: [
      {
        id: newId<'LegId'>(now),
        direction: 'in',
        extensionId: undefined,
        deviceId: undefined,
        number: extension,
        userAgent: 'Phone 1.0',
        signalling: { protocol: 'TLS', tls: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256' },
        sourceAddress: '192.0.2.7',
        authentication: 'SHA-256',
        media: undefined,
      },
    ],
    transferredFrom: undefined,
  }
}

async function fillPeople({ identity, repository, clock }: ApiWorld, organisationId: OrganisationId, mark: string) {
  const asker = { actor: OPERATOR, organisationId: undefined, role: 'machine' } as const
  const email = `${mark.toLowerCase()}@example.org`
  const invited = await identity.invite(asker, { organisationId, email, name: mark, role: 'administrator' })
  assert.ok(invited.ok, JSON.stringify(invited))
  const made = await identity.addApiKey(asker, new Set(['status:read']), {
    organisationId,
    name: `${mark} key`,
    scopes: ['status:read'],
    networks: [],
    expiresAt: clock.now() + 3_600_000,
  })
  assert.ok(made.ok, JSON.stringify(made))
  const { person } = invited.value
  const session = newId<'SessionId'>(clock.now())
  await repository.insertSession({
    id: session,
    tokenHash: session,
    previous: undefined,
    personId: person.id,
    method: 'passkey',
    address: '192.0.2.7',
    userAgent: mark,
    host: '127.0.0.1',
    createdAt: clock.now(),
    lastSeenAt: clock.now(),
    until: clock.now() + 3_600_000,
    steppedUpUntil: 0,
    mustEnrol: false,
    csrf: 'x',
  })
  return { person: person.id, session, key: made.value.key.id }
}
