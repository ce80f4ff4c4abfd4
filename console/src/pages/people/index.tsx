/** Who may do what here, how they prove it, and where they are signed in; keys of programs. */
import { useState } from 'react'
import { ApiError, pathOf, patch, post, remove } from '../../api/client.ts'
import type { ApiKey, PersonView, Role } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Confirm } from '../../components/confirm.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Choice, Field } from '../../components/field.tsx'
import { Ago, formatTime } from '../../components/format.tsx'
import { Badge, Empty, Facts, Failure, Loading, Notice, PageHead } from '../../components/parts.tsx'
import { Table } from '../../components/table.tsx'
import { useChange, usePages } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'
import { ApiKeys } from './api-keys.tsx'
import { ROLES } from './roles.ts'

interface Link {
  readonly email: string
  readonly url: string
  readonly expiresAt: number
}

export default function People() {
  const { may } = useSession()
  const { items, error, refetch } = usePages<PersonView>('/people')
  const keys = usePages<ApiKey>('/api-keys')
  const [inviting, setInviting] = useState(false)
  const [open, setOpen] = useState<string>()
  const [link, setLink] = useState<Link>()
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />
  if (items === undefined) return <Loading />
  const chosen = items.find(each => each.id === open)
  return (
    <div className="grid gap-6">
      <PageHead
        title="People"
        lead="Nobody has an account without a second factor: not you, not an administrator, not a user."
      >
        {may('people:write') && (
          <Button kind="primary" onClick={() => setInviting(true)}>
            Invite somebody
          </Button>
        )}
      </PageHead>
      <Table
        label="People"
        rows={items}
        keyOf={each => each.id}
        onOpen={each => setOpen(each.id)}
        empty={<Empty title="Nobody yet">Invite a colleague: they get a link that works once.</Empty>}
        columns={[
          { title: 'Name', cell: each => <span className="font-medium">{each.name}</span> },
          {
            title: 'E-mail address',
            cell: each => <span className="text-muted">{each.email}</span>,
            width: 'minmax(0,1.4fr)',
          },
          { title: 'Role', cell: each => each.role, width: '8rem' },
          { title: 'Second factor', cell: each => <FactorBadge person={each} />, width: '11rem' },
          {
            title: 'Last sign-in',
            cell: each =>
              each.lastSignInAt === null ? <span className="text-muted">never</span> : <Ago at={each.lastSignInAt} />,
            width: '9rem',
            wideOnly: true,
          },
        ]}
      />
      <ApiKeys keys={keys.items} />
      {inviting && <Invite onClose={() => setInviting(false)} onDone={setLink} />}
      {chosen !== undefined && <OnePerson person={chosen} onClose={() => setOpen(undefined)} onLink={setLink} />}
      {link !== undefined && <LinkShown link={link} onClose={() => setLink(undefined)} />}
    </div>
  )
}

function FactorBadge({ person: { state, factors } }: { readonly person: PersonView }) {
  if (state === 'suspended') return <Badge tone="bad">suspended</Badge>
  if (state === 'invited') return <Badge tone="warn">has not enrolled yet</Badge>
  const { length } = factors.passkeys
  if (length > 0) return <Badge tone="good">{length === 1 ? 'a passkey' : `${length} passkeys`}</Badge>
  return <Badge tone="good">password and codes</Badge>
}

function Invite({ onClose, onDone }: { readonly onClose: () => void; readonly onDone: (link: Link) => void }) {
  const { session } = useSession()
  const [name, setName] = useState('')
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<Role>('helpdesk')
  const [extension, setExtension] = useState('')
  const change = useChange((body: unknown) => post<Link>('/people', body), ['/people'])
  const problem = (field: string) => (change.error instanceof ApiError ? change.error.field(field) : undefined)
  const isNamed = ['name', 'email', 'role', 'extension'].some(field => problem(field) !== undefined)
  const offered = ROLES.filter(each => session?.person.role === 'owner' || each.value !== 'owner')
  return (
    <Dialog title="Invite somebody" onClose={onClose}>
      <form
        className="grid gap-3"
        onSubmit={event => {
          event.preventDefault()
          const own = extension.trim() === '' ? {} : { extension: extension.trim() }
          change.mutateAsync({ name, email, role, ...own }).then(
            made => {
              onDone(made as Link)
              onClose()
            },
            () => undefined,
          )
        }}
      >
        <Field label="Name" value={name} onChange={setName} required problem={problem('name')} />
        <Field
          label="E-mail address"
          type="email"
          value={email}
          onChange={setEmail}
          required
          problem={problem('email')}
          hint="They sign in with it. Nothing is sent: you hand over the link."
        />
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
          required={role === 'user'}
          problem={problem('extension')}
          hint="Its number, if they have one; a user needs one."
        />
        {change.error !== null && !isNamed && <Failure error={change.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Leave it</Button>
          <Button kind="primary" type="submit" busy={change.isPending}>
            Make the link
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function LinkShown({ link, onClose }: { readonly link: Link; readonly onClose: () => void }) {
  const [copied, setCopied] = useState(false)
  return (
    <Dialog title={`The link for ${link.email}`} onClose={onClose}>
      <Notice tone="warn">
        It works once, until {formatTime(link.expiresAt)}, and is not shown again. Hand it over in a way that only they
        read.
      </Notice>
      <code className="rounded-lg border p-3 font-mono text-sm break-all">{link.url}</code>
      <div className="flex justify-end gap-2">
        <Button onClick={() => navigator.clipboard.writeText(link.url).then(() => setCopied(true))}>
          {copied ? 'Copied' : 'Copy'}
        </Button>
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  )
}

type Asking = 'suspend' | 'restore' | 'remove' | 'link'

function OnePerson({
  person,
  onClose,
  onLink,
}: {
  readonly person: PersonView
  readonly onClose: () => void
  readonly onLink: (link: Link) => void
}) {
  const { session, may } = useSession()
  const [asking, setAsking] = useState<Asking>()
  const [role, setRole] = useState(person.role)
  const change = useChange((run: () => Promise<unknown>) => run(), ['/people', '/sessions'])
  const path = pathOf`/people/${person.id}`
  const isSelf = session?.person.id === person.id
  const offered = ROLES.filter(each => session?.person.role === 'owner' || each.value !== 'owner')
  const back = (): void => setAsking(undefined)
  if (asking === 'suspend') {
    return (
      <Confirm
        title={`Suspend ${person.name}?`}
        action="Suspend"
        danger
        needsReason
        onClose={back}
        onConfirm={reason => change.mutateAsync(() => post(`${path}/suspend`, { reason }))}
      >
        <p>They are signed out everywhere at once and cannot sign in. Their extension goes on working.</p>
      </Confirm>
    )
  }
  if (asking === 'restore') {
    return (
      <Confirm
        title={`Restore ${person.name}?`}
        action="Restore"
        needsReason
        onClose={back}
        onConfirm={reason => change.mutateAsync(() => post(`${path}/restore`, { reason }))}
      >
        <p>They may sign in again with the factors that they have.</p>
      </Confirm>
    )
  }
  if (asking === 'remove') {
    return (
      <Confirm
        title={`Remove ${person.name}?`}
        action="Remove"
        danger
        onClose={() => {
          back()
          onClose()
        }}
        onConfirm={() => change.mutateAsync(() => remove(path))}
      >
        <p>The account and its factors are gone. What they did stays in the log.</p>
      </Confirm>
    )
  }
  if (asking === 'link') {
    return (
      <Confirm
        title={`A new link for ${person.name}?`}
        action="Make the link"
        needsReason
        onClose={back}
        onConfirm={reason =>
          change.mutateAsync(() => post<Link>(`${path}/invitation`, { reason })).then(made => onLink(made as Link))
        }
      >
        <p>Ask them by telephone or in person first: whoever asks for this may be somebody else.</p>
        <p>
          They are signed out everywhere now. When the link is used, all their passkeys, password and codes are
          replaced.
        </p>
      </Confirm>
    )
  }
  return (
    <Dialog title={person.name} onClose={onClose}>
      <Facts
        items={[
          ['E-mail address', person.email],
          ['Second factor', <FactorBadge key="f" person={person} />],
          ['Extension', person.extension ?? 'none'],
          ['Signed in', person.sessions === 0 ? 'nowhere now' : `${person.sessions} times now`],
          ['Here since', formatTime(person.createdAt)],
        ]}
      />
      {may('people:write') && !isSelf && (
        <>
          <form
            className="flex items-end gap-2"
            onSubmit={event => {
              event.preventDefault()
              change.mutate(() => patch(path, { role }))
            }}
          >
            <Choice
              label="Role"
              value={role}
              onChange={value => setRole(value as Role)}
              options={offered}
              hint={ROLES.find(each => each.value === role)?.meaning}
              className="flex-1"
            />
            <Button type="submit" disabled={role === person.role} busy={change.isPending}>
              Change
            </Button>
          </form>
          {change.error !== null && <Failure error={change.error} />}
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
        </>
      )}
      {isSelf && <p className="text-muted">This is you. Your own factors are under “My sign-in”.</p>}
    </Dialog>
  )
}
