import type { SessionView } from '../api/types.ts'
import { agentName } from './agent-name.ts'
import { Button } from './button.tsx'
import { Ago } from './format.tsx'
import { Badge } from './parts.tsx'

const METHODS: Readonly<Record<string, string>> = {
  passkey: 'with a passkey',
  'password+totp': 'with password and code',
  'password+recovery-code': 'with a recovery code',
  oidc: 'by single sign-on',
}

interface SessionListProps {
  readonly sessions: readonly SessionView[]
  readonly onEnd?: ((id: string) => void) | undefined
}

export function SessionList({ sessions, onEnd }: SessionListProps) {
  return (
    <ul className="divide-y">
      {sessions.map(each => (
        <li key={each.id} className="flex items-center justify-between gap-3 py-3 first:pt-0 last:pb-0">
          <div className="min-w-0">
            <p className="flex flex-wrap items-center gap-2" title={each.userAgent}>
              <span className="truncate">{agentName(each.userAgent)}</span>
              {each.current === true && <Badge tone="good">this one</Badge>}
            </p>
            <p className="text-sm text-muted">
              from {each.address}, {METHODS[each.method] ?? each.method}; last seen <Ago at={each.lastSeenAt} />
            </p>
          </div>
          {each.current !== true && onEnd !== undefined && (
            <Button small onClick={() => onEnd(each.id)}>
              Sign out there
            </Button>
          )}
        </li>
      ))}
    </ul>
  )
}
