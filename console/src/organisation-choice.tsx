/** Of an installation with several organisations: which one the pages are about. */
import { useId } from 'react'
import { useApi } from './hooks/use-api.ts'
import { useSession } from './session.tsx'

interface Organisation {
  readonly id: string
  readonly name: string
}

export function OrganisationChoice() {
  const { session, choose } = useSession()
  const id = useId()
  const { data } = useApi<{ readonly items: readonly Organisation[] }>('/organisations')
  if (data === undefined || data.items.length < 2) return null
  return (
    <div className="px-3 pb-3">
      <label htmlFor={id} className="text-xs text-muted">
        Organisation
      </label>
      <select
        id={id}
        className="w-full rounded-lg border bg-surface px-2 py-1.5"
        value={session?.organisation.id}
        onChange={event => void choose(event.target.value)}
      >
        {data.items.map(each => (
          <option key={each.id} value={each.id}>
            {each.name}
          </option>
        ))}
      </select>
    </div>
  )
}
