/** Who may do what here, how they prove it, and where they are signed in; keys of programs. */
import { useState } from 'react'
import type { ApiKey, PersonView } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Ago } from '../../components/format.tsx'
import { Empty, Failure, Loading, PageHead } from '../../components/parts.tsx'
import { Table } from '../../components/table.tsx'
import { usePages } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'
import { ApiKeys } from './api-keys.tsx'
import { FactorBadge } from './factor-badge.tsx'
import { Invite } from './invite.tsx'
import { type Link, LinkShown } from './link-shown.tsx'
import { OnePerson } from './one-person.tsx'
import { roleName } from './roles.ts'

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
          { title: 'Role', cell: each => roleName(each.role), width: '8rem' },
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
