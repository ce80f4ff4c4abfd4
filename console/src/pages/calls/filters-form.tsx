/** The filters of calls. All of them stand in the page's address. */
import { Button } from '../../components/button.tsx'
import { Choice, Field } from '../../components/field.tsx'
import type { Address } from '../../hooks/use-address.ts'
import { DIRECTIONS, OUTCOMES, PROTECTIONS } from './filters.ts'

interface FiltersProps {
  readonly get: (name: string) => string
  readonly change: (changes: Address, instead?: boolean) => void
  readonly trunks: readonly string[]
  readonly onClear: (() => void) | undefined
}

export function Filters({ get, change, trunks, onClear }: FiltersProps) {
  const chosen = get('trunk')
  const names = chosen === '' || trunks.includes(chosen) ? trunks : [...trunks, chosen]
  return (
    <div role="search" aria-label="Calls" className="grid grid-cols-2 items-end gap-x-3 lg:grid-cols-4">
      <Field
        label="Number or extension"
        type="search"
        value={get('q')}
        maxLength={100}
        onChange={q => change({ q }, true)}
        placeholder="101, +34, busy"
      />
      <Field label="From" type="date" value={get('from')} onChange={from => change({ from })} />
      <Field label="To" type="date" value={get('to')} onChange={to => change({ to })} />
      <Choice label="Outcome" value={get('outcome')} onChange={outcome => change({ outcome })} options={OUTCOMES} />
      <Choice
        label="Direction"
        value={get('direction')}
        onChange={direction => change({ direction })}
        options={DIRECTIONS}
      />
      <Choice
        label="Trunk"
        value={chosen}
        onChange={trunk => change({ trunk })}
        options={[{ value: '', label: 'Any trunk, or none' }, ...names.map(value => ({ value, label: value }))]}
      />
      <Choice
        label="Protection"
        value={get('protection')}
        onChange={protection => change({ protection })}
        options={PROTECTIONS}
      />
      {onClear !== undefined && (
        <Button className="mb-1" onClick={onClear}>
          All calls
        </Button>
      )}
    </div>
  )
}
