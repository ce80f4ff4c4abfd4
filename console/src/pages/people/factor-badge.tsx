import type { PersonView } from '../../api/types.ts'
import { Badge } from '../../components/parts.tsx'

export function FactorBadge({ person: { state, factors } }: { readonly person: PersonView }) {
  if (state === 'suspended') return <Badge tone="bad">suspended</Badge>
  if (state === 'invited') return <Badge tone="warn">has not enrolled yet</Badge>
  const { length } = factors.passkeys
  if (length > 0) return <Badge tone="good">{length === 1 ? 'a passkey' : `${length} passkeys`}</Badge>
  return <Badge tone="good">password and codes</Badge>
}
