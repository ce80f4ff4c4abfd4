/** Somebody: what they may do, how they prove it, where they are signed in, and what can be done about it. */
import { useState } from 'react'
import { ApiError, messageOf, pathOf, patch, remove } from '../../api/client.ts'
import type { PersonView, Role, SessionView } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Choice, Field } from '../../components/field.tsx'
import { formatTime } from '../../components/format.tsx'
import { Facts, Failure, Loading } from '../../components/parts.tsx'
import { SessionList } from '../../components/session-list.tsx'
import { useToast } from '../../components/toast.tsx'
import { useApi, useChange } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'
import { type Asking, AskPerson } from './ask-person.tsx'
import { FactorBadge } from './factor-badge.tsx'
import type { Link } from './link-shown.tsx'
import { ROLES, roleName } from './roles.ts'

interface OnePersonProps {
  readonly person: PersonView
  readonly onClose: () => void
  readonly onLink: (link: Link) => void
}

export function OnePerson({ person, onClose, onLink }: OnePersonProps) {
  const { session, may } = useSession()
  const [asking, setAsking] = useState<Asking>()
  const isSelf = session?.person.id === person.id
  if (asking !== undefined) {
    return (
      <AskPerson
        asking={asking}
        person={person}
        onClose={() => setAsking(undefined)}
        onGone={onClose}
        onLink={link => {
          onClose()
          onLink(link)
        }}
      />
    )
  }
  const { passkeys, password, recoveryCodesLeft } = person.factors
  return (
    <Dialog title={person.name} onClose={onClose}>
      <Facts
        items={[
          ['E-mail address', person.email],
          ['Second factor', <FactorBadge key="f" person={person} />],
          ...passkeys.map(each => [`Passkey`, `${each.label}, since ${formatTime(each.createdAt)}`] as const),
          ...(password === null ? [] : [['Recovery codes', `${recoveryCodesLeft} left`] as const]),
          ['Here since', formatTime(person.createdAt)],
          ...(may('people:write') && !isSelf
            ? []
            : [['Role', roleName(person.role)] as const, ['Extension', person.extension ?? 'none'] as const]),
        ]}
      />
      {may('people:write') && !isSelf && <ChangePerson key={person.id} person={person} />}
      {person.sessions > 0 && !isSelf && <Sessions person={person} />}
      {may('people:write') && !isSelf && (
        <div className="flex flex-wrap gap-2 border-t pt-4">
          <Button small onClick={() => setAsking('link')}>
            {person.state === 'invited' ? 'New link' : 'Lost their devices'}
          </Button>
          <Button small onClick={() => setAsking(person.state === 'suspended' ? 'restore' : 'suspend')}>
            {person.state === 'suspended' ? 'Restore' : 'Suspend'}
          </Button>
          <Button small kind="danger" onClick={() => setAsking('remove')}>
            Remove
          </Button>
        </div>
      )}
      {isSelf && <p className="text-muted">This is you. Your own factors are under “My sign-in”.</p>}
    </Dialog>
  )
}

function ChangePerson({ person }: { readonly person: PersonView }) {
  const { session } = useSession()
  const toast = useToast()
  const [role, setRole] = useState(person.role)
  const [extension, setExtension] = useState(person.extension ?? '')
  const change = useChange((body: unknown) => patch(pathOf`/people/${person.id}`, body), ['/people', '/sessions'])
  const problem = (field: string) => (change.error instanceof ApiError ? change.error.field(field) : undefined)
  const isNamed = problem('role') !== undefined || problem('extension') !== undefined
  const offered = ROLES.filter(each => session?.person.role === 'owner' || each.value !== 'owner')
  const own = extension.trim() === '' ? null : extension.trim()
  const changes = {
    ...(role === person.role ? {} : { role }),
    ...(own === person.extension ? {} : { extension: own }),
  }
  const isChanged = Object.keys(changes).length > 0
  return (
    <form
      className="grid gap-3 border-t pt-4"
      onSubmit={event => {
        event.preventDefault()
        change.mutateAsync(changes).then(
          () => toast(`${person.name} was changed.`),
          () => undefined,
        )
      }}
    >
      <div className="grid gap-3 sm:grid-cols-[1fr_9rem]">
        <Choice
          label="Role"
          value={role}
          onChange={value => setRole(value as Role)}
          options={offered}
          hint={ROLES.find(each => each.value === role)?.meaning}
          problem={problem('role')}
        />
        <Field
          label="Own extension"
          value={extension}
          onChange={setExtension}
          placeholder="none"
          inputMode="numeric"
          problem={problem('extension')}
        />
      </div>
      {change.error !== null && !isNamed && <Failure error={change.error} />}
      {isChanged && (
        <div className="flex flex-wrap items-center justify-between gap-2">
          <p className="text-sm text-muted">
            {role === person.role ? '' : 'They are signed out, so that it counts at once.'}
          </p>
          <Button type="submit" kind="primary" busy={change.isPending}>
            Change it
          </Button>
        </div>
      )}
    </form>
  )
}

function Sessions({ person }: { readonly person: PersonView }) {
  const { may } = useSession()
  const toast = useToast()
  const { data, error } = useApi<{ readonly items: readonly SessionView[] }>('/sessions')
  const change = useChange((id: string) => remove(pathOf`/sessions/${id}`), ['/people', '/sessions'])
  if (error !== null) return <Failure error={error} />
  if (data === undefined) return <Loading />
  const end = (id: string): void => {
    change.mutateAsync(id).then(
      () => toast('Signed out there.'),
      (failure: unknown) => toast(messageOf(failure)),
    )
  }
  return (
    <section className="grid gap-2 border-t pt-4">
      <h3 className="text-sm font-medium">Signed in now</h3>
      <SessionList
        sessions={data.items.filter(each => each.personId === person.id)}
        onEnd={may('people:write') ? end : undefined}
      />
    </section>
  )
}
