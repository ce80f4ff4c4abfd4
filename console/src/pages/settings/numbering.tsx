import type { Calling } from '../../api/types.ts'
import { Check, Choice, Field } from '../../components/field.tsx'
import { Card } from '../../components/parts.tsx'
import { useDraft } from '../../hooks/use-draft.ts'
import { useSession } from '../../session.tsx'
import { allCountries } from '../overview/countries.ts'
import { CALLING, SaveBar, useSave } from './save.tsx'

const FIELDS = ['country', 'areaCode', 'outsidePrefix', 'defaultCallerId'] as const

/** How somebody here dials, and what those outside see. */
export function Numbering({ calling }: { readonly calling: Calling }) {
  const { may } = useSession()
  const form = useDraft(CALLING, {
    country: calling.country,
    areaCode: calling.areaCode ?? '',
    outsidePrefix: calling.outsidePrefix ?? '',
    defaultCallerId: calling.defaultCallerId ?? '',
    offNetForwarding: calling.offNetForwarding,
  })
  const saving = useSave(form)
  const { draft, edit } = form
  const orNone = (text: string): string | null => (text.trim() === '' ? null : text.trim())
  const countries = allCountries().map(({ code, name }) => ({ value: code, label: name }))
  return (
    <Card title="How numbers are dialled">
      <form
        className="grid gap-4"
        onSubmit={event => {
          event.preventDefault()
          const { country, offNetForwarding, areaCode, outsidePrefix, defaultCallerId } = draft
          void saving.save({
            country,
            offNetForwarding,
            areaCode: orNone(areaCode),
            outsidePrefix: orNone(outsidePrefix),
            defaultCallerId: orNone(defaultCallerId),
          })
        }}
      >
        <fieldset className="grid gap-4" disabled={!may('calling:write')}>
          <div className="grid gap-4 sm:grid-cols-2">
            <Choice
              label="Country"
              value={draft.country}
              onChange={country => edit({ country })}
              options={countries}
              problem={saving.problem('country')}
              hint="A number without a country code is one of this country."
            />
            <Field
              label="Area code"
              value={draft.areaCode}
              onChange={areaCode => edit({ areaCode })}
              problem={saving.problem('areaCode')}
              inputMode="numeric"
              placeholder="none"
              hint="Put before numbers that are dialled without one."
            />
            <Field
              label="Prefix for outside"
              value={draft.outsidePrefix}
              onChange={outsidePrefix => edit({ outsidePrefix })}
              problem={saving.problem('outsidePrefix')}
              inputMode="numeric"
              placeholder="none"
              hint="Dialled before numbers outside, such as 0 or 9."
            />
            <Field
              label="Number that those outside see"
              value={draft.defaultCallerId}
              onChange={defaultCallerId => edit({ defaultCallerId })}
              problem={saving.problem('defaultCallerId')}
              inputMode="tel"
              placeholder="the provider's choice"
              hint="One of your own numbers, beginning with +."
            />
          </div>
          <Check
            label="Extensions may forward calls to numbers outside (off is safer: a stolen phone could send calls anywhere)"
            checked={draft.offNetForwarding}
            onChange={offNetForwarding => edit({ offNetForwarding })}
          />
        </fieldset>
        {may('calling:write') && <SaveBar form={form} saving={saving} fields={FIELDS} />}
      </form>
    </Card>
  )
}
