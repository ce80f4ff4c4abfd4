import { useState } from 'react'
import { ApiError, post } from '../../api/client.ts'
import type { Role } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Choice, Field } from '../../components/field.tsx'
import { Failure } from '../../components/parts.tsx'
import { useChange } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'
import type { Link } from './link-shown.tsx'
import { ROLES } from './roles.ts'

export function Invite({ onClose, onDone }: { readonly onClose: () => void; readonly onDone: (link: Link) => void }) {
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
