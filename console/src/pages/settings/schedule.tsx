import { Plus, Trash2 } from 'lucide-react'
import type { Calling } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { Card } from '../../components/parts.tsx'
import { useDraft } from '../../hooks/use-draft.ts'
import { useSession } from '../../session.tsx'
import { CALLING, SaveBar, useSave } from './save.tsx'

type Hours = Calling['hours'][number]

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const FULL_DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
const USUAL: Hours = { days: [1, 2, 3, 4, 5], from: '09:00', to: '17:00' }
const ZONES = Intl.supportedValuesOf('timeZone')

export function Schedule({ calling }: { readonly calling: Calling }) {
  const { may } = useSession()
  const form = useDraft(CALLING, {
    hours: calling.hours,
    timeZone: calling.timeZone,
    holidays: calling.holidays.join(', '),
  })
  const saving = useSave(form)
  const { hours, timeZone, holidays } = form.draft
  const change = (index: number, part: Partial<Hours>): void =>
    form.edit({ hours: hours.map((each, at) => (at === index ? { ...each, ...part } : each)) })
  return (
    <Card title="Office hours">
      <form
        className="grid gap-4"
        onSubmit={event => {
          event.preventDefault()
          void saving.save({ hours, timeZone, holidays: holidays.split(/[\s,;]+/).filter(each => each !== '') })
        }}
      >
        <p className="max-w-[75ch] text-muted">
          Numbers can go elsewhere when nobody is in, and fraud is judged more strictly at night.
        </p>
        <fieldset className="grid gap-4" disabled={!may('calling:write')}>
          {hours.length === 0 && <p>No hours are set: the office counts as open all the time.</p>}
          {hours.map((each, index) => (
            <div key={index} className="flex flex-wrap items-end gap-3 border-b pb-4">
              <OpenDays days={each.days} onChange={days => change(index, { days })} />
              <Field label="From" type="time" value={each.from} onChange={from => change(index, { from })} />
              <Field
                label="To"
                type="time"
                value={each.to === '24:00' ? '00:00' : each.to}
                onChange={to => change(index, { to })}
              />
              <Button
                kind="plain"
                aria-label="Remove these hours"
                onClick={() => form.edit({ hours: hours.filter((_, at) => at !== index) })}
              >
                <Trash2 size={16} aria-hidden />
              </Button>
            </div>
          ))}
          {saving.problem('hours') !== undefined && (
            <p role="alert" className="text-sm text-bad">
              {saving.problem('hours')}
            </p>
          )}
          <div>
            <Button small onClick={() => form.edit({ hours: [...hours, USUAL] })}>
              <Plus size={16} aria-hidden /> {hours.length === 0 ? 'Set hours' : 'Further hours'}
            </Button>
          </div>
          <div className="grid gap-4 sm:grid-cols-2">
            <Field
              label="Time zone"
              value={timeZone}
              onChange={value => form.edit({ timeZone: value })}
              problem={saving.problem('timeZone')}
              hint="Such as Europe/Berlin"
              list="time-zones"
            />
            <datalist id="time-zones">
              {ZONES.map(zone => (
                <option key={zone} value={zone} />
              ))}
            </datalist>
            <Field
              label="Days when the office is closed"
              value={holidays}
              onChange={value => form.edit({ holidays: value })}
              problem={saving.problem('holidays')}
              placeholder="2026-12-25, 2026-12-26"
              hint="Each as year-month-day"
            />
          </div>
        </fieldset>
        {may('calling:write') && <SaveBar form={form} saving={saving} fields={['hours', 'timeZone', 'holidays']} />}
      </form>
    </Card>
  )
}

function OpenDays({
  days,
  onChange,
}: {
  readonly days: readonly number[]
  readonly onChange: (days: readonly number[]) => void
}) {
  return (
    <div role="group" aria-label="Days" className="flex flex-wrap gap-1 py-1">
      {DAYS.map((day, index) => {
        const isOpen = days.includes(index + 1)
        const others = days.filter(each => each !== index + 1)
        return (
          <Button
            key={day}
            small
            aria-label={FULL_DAYS[index]}
            aria-pressed={isOpen}
            kind={isOpen ? 'primary' : 'secondary'}
            onClick={() => onChange(isOpen ? others : [...others, index + 1].sort())}
          >
            {day}
          </Button>
        )
      })}
    </div>
  )
}
