import { pathOf, post, remove } from '../../api/client.ts'
import type { PersonView } from '../../api/types.ts'
import { Confirm } from '../../components/confirm.tsx'
import { useChange } from '../../hooks/use-api.ts'
import type { Link } from './link-shown.tsx'

export type Asking = 'suspend' | 'restore' | 'remove' | 'link'

interface AskPersonProps {
  readonly asking: Asking
  readonly person: PersonView
  readonly onClose: () => void
  readonly onGone: () => void
  readonly onLink: (link: Link) => void
}

/** What will happen, before it does. */
export function AskPerson({ asking, person, onClose, onGone, onLink }: AskPersonProps) {
  const change = useChange((run: () => Promise<unknown>) => run(), ['/people', '/sessions'])
  const path = pathOf`/people/${person.id}`
  if (asking === 'suspend') {
    return (
      <Confirm
        title={`Suspend ${person.name}?`}
        action="Suspend"
        danger
        needsReason
        onClose={onClose}
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
        onClose={onClose}
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
        onClose={onClose}
        onConfirm={() => change.mutateAsync(() => remove(path)).then(onGone)}
      >
        <p>The account and its factors are gone. What they did stays in the log.</p>
      </Confirm>
    )
  }
  return (
    <Confirm
      title={`A new link for ${person.name}?`}
      action="Make the link"
      needsReason
      onClose={onClose}
      onConfirm={reason =>
        change.mutateAsync(() => post<Link>(`${path}/invitation`, { reason })).then(made => onLink(made as Link))
      }
    >
      <p>Ask them by telephone or in person first: whoever asks for this may be somebody else.</p>
      <p>
        They are signed out everywhere now. When the link is used, all their passkeys, password and codes are replaced.
      </p>
    </Confirm>
  )
}
