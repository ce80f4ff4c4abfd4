import type { Calling } from '../../api/types.ts'
import { Field } from '../../components/field.tsx'
import { Card } from '../../components/parts.tsx'
import { useDraft } from '../../hooks/use-draft.ts'
import { useSession } from '../../session.tsx'
import { CALLING, SaveBar, useSave } from './save.tsx'

const FIELDS = ['emergencyLocationText', 'emergencyNotify'] as const

export function Emergency({ calling }: { readonly calling: Calling }) {
  const { may } = useSession()
  const form = useDraft(CALLING, {
    location: calling.emergencyLocationText ?? '',
    notify: calling.emergencyNotify.join(', '),
  })
  const saving = useSave(form)
  const { draft, edit } = form
  return (
    <Card title="Calls for help">
      <form
        className="grid gap-4"
        onSubmit={event => {
          event.preventDefault()
          void saving.save({
            emergencyLocationText: draft.location.trim() === '' ? null : draft.location.trim(),
            emergencyNotify: draft.notify.split(/[\s,;]+/).filter(each => each !== ''),
          })
        }}
      >
        <p className="max-w-[75ch] text-muted">
          They always go through: past suspensions, budgets and closed countries. Tell here where help has to come to.
        </p>
        <fieldset className="grid gap-4 sm:grid-cols-2" disabled={!may('calling:write')}>
          <Field
            label="Address"
            value={draft.location}
            onChange={location => edit({ location })}
            problem={saving.problem('emergencyLocationText')}
            hint="Street, floor, entrance: as you would say it on the telephone."
          />
          <Field
            label="Extensions whose phones are told"
            value={draft.notify}
            onChange={notify => edit({ notify })}
            problem={saving.problem('emergencyNotify')}
            placeholder="101, 108"
            hint="So that somebody opens the door for them."
          />
        </fieldset>
        {may('calling:write') && <SaveBar form={form} saving={saving} fields={FIELDS} />}
      </form>
    </Card>
  )
}
