import { X } from 'lucide-react'
import { useState } from 'react'
import type { Calling } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Check, Field } from '../../components/field.tsx'
import { Badge, Card } from '../../components/parts.tsx'
import { useDraft } from '../../hooks/use-draft.ts'
import { useSession } from '../../session.tsx'
import { allCountries, countryName } from '../overview/countries.ts'
import { CALLING, SaveBar, useSave } from './save.tsx'

const SHOWN = 12
const CLASSES = [
  ['special-service', 'Numbers that cost more than a call: services, votes, directories'],
  ['fraud-prone', 'Ranges that fraud is paid through'],
] as const

export function Countries({ calling }: { readonly calling: Calling }) {
  const { may } = useSession()
  const { openCountries, openClasses } = calling
  const form = useDraft(CALLING, { openCountries, openClasses })
  const saving = useSave(form)
  const [search, setSearch] = useState('')
  const writable = may('calling:write')
  const open = form.draft.openCountries
  const wanted = search.trim().toLowerCase()
  const found = allCountries().filter(
    ({ code, name }) => wanted !== '' && (name.toLowerCase().includes(wanted) || code.toLowerCase() === wanted),
  )
  return (
    <Card title="Countries that may be called">
      <form
        className="grid gap-4"
        onSubmit={event => {
          event.preventDefault()
          void saving.save(form.draft)
        }}
      >
        <p className="max-w-[75ch] text-muted">
          All others are closed: most toll fraud goes to countries where nobody here ever calls. Yours,{' '}
          {countryName(calling.country)}, is open by itself. One person only? Leave it closed, and say yes under Fraud
          when they try.
        </p>
        <ul className="flex flex-wrap gap-1.5" aria-label="Open countries">
          {open.map(code => (
            <li key={code} className="inline-flex items-center gap-1 rounded-full bg-accent-soft pr-1 pl-3 text-accent">
              <span className="py-1">{countryName(code)}</span>
              {writable && (
                <button
                  type="button"
                  aria-label={`Close ${countryName(code)}`}
                  className="grid size-6 place-content-center rounded-full hover:bg-surface"
                  onClick={() => form.edit({ openCountries: open.filter(each => each !== code) })}
                >
                  <X size={14} aria-hidden />
                </button>
              )}
            </li>
          ))}
          {open.length === 0 && <Badge>none but your own</Badge>}
        </ul>
        {writable && (
          <>
            <Field
              label="Open a country"
              type="search"
              value={search}
              onChange={setSearch}
              placeholder="Mexico"
              className="max-w-sm"
              onKeyDown={event => {
                if (event.key !== 'Enter' || found.length !== 1) return
                event.preventDefault()
                const [{ code } = { code: '' }] = found
                if (!open.includes(code)) form.edit({ openCountries: [...open, code] })
                setSearch('')
              }}
            />
            {wanted !== '' && (
              <div className="flex flex-wrap gap-1.5">
                {found.slice(0, SHOWN).map(({ code, name }) => (
                  <Button
                    key={code}
                    small
                    disabled={open.includes(code)}
                    onClick={() => {
                      form.edit({ openCountries: [...open, code] })
                      setSearch('')
                    }}
                  >
                    {name}
                  </Button>
                ))}
                {found.length === 0 && <p className="text-muted">No country has that in its name.</p>}
              </div>
            )}
            <fieldset className="grid gap-1">
              <legend className="mb-1 text-sm font-medium">Closed whatever the country, unless you open them</legend>
              {CLASSES.map(([name, label]) => (
                <Check
                  key={name}
                  label={label}
                  checked={form.draft.openClasses.includes(name)}
                  onChange={checked =>
                    form.edit({
                      openClasses: checked
                        ? [...form.draft.openClasses, name]
                        : form.draft.openClasses.filter(each => each !== name),
                    })
                  }
                />
              ))}
            </fieldset>
            <SaveBar form={form} saving={saving} fields={[]} />
          </>
        )}
      </form>
    </Card>
  )
}
