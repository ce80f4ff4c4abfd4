/** The organisation: where it is, when it is open, which countries may be called, and how it is reached. */
import { useEffect, useState } from 'react'
import { ApiError, patch, post } from '../../api/client.ts'
import type { Calling, Status } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Check, Field } from '../../components/field.tsx'
import { formatTime } from '../../components/format.tsx'
import { Badge, Card, Facts, Failure, Loading, Notice, PageHead } from '../../components/parts.tsx'
import { useToast } from '../../components/toast.tsx'
import { useApi, useChange } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'
import { allCountries, countryName } from '../overview/countries.ts'

export default function Settings() {
  const { session, may } = useSession()
  const { data, error, refetch } = useApi<Calling>('/calling')
  const status = useApi<Status>('/status', { enabled: may('status:read') })
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />
  if (data === undefined) return <Loading />
  return (
    <div className="grid gap-5">
      <PageHead title="Settings" lead={`${session?.organisation.name} (${session?.organisation.domain})`} />
      <Countries calling={data} />
      <Office calling={data} />
      {status.data !== undefined && <Certificates status={status.data} />}
      {may('alerts:write') && <Alerts />}
    </div>
  )
}

function useSave() {
  const toast = useToast()
  const change = useChange((body: unknown) => patch('/calling', body), ['/calling', '/status'])
  const save = (body: unknown): void => {
    change.mutateAsync(body).then(
      () => toast('Saved.'),
      () => undefined,
    )
  }
  return {
    change,
    save,
    problem: (field: string) => (change.error instanceof ApiError ? change.error.field(field) : undefined),
  }
}

function Countries({ calling }: { readonly calling: Calling }) {
  const { may } = useSession()
  const { change, save } = useSave()
  const [open, setOpen] = useState<readonly string[]>(calling.openCountries)
  const [search, setSearch] = useState('')
  useEffect(() => setOpen(calling.openCountries), [calling.openCountries])
  const wanted = search.trim().toLowerCase()
  const shown = allCountries()
    .filter(each => wanted !== '' && each.name.toLowerCase().includes(wanted))
    .slice(0, 12)
  const changed = [...open].sort().join() !== [...calling.openCountries].sort().join()
  return (
    <Card title="Countries that may be called">
      <p className="mb-3 text-muted">
        All others are closed: most toll fraud goes to countries where nobody here ever calls. Yours,{' '}
        {countryName(calling.country)}, is open by itself. One person only? Then allow it for them under Fraud when they
        try.
      </p>
      <div className="mb-3 flex flex-wrap gap-1.5">
        {open.map(code => (
          <span key={code} className="inline-flex items-center gap-1 rounded-full bg-accent-soft px-3 py-1 text-accent">
            {countryName(code)}
            {may('calling:write') && (
              <button
                type="button"
                aria-label={`Close ${countryName(code)}`}
                className="font-semibold"
                onClick={() => setOpen(open.filter(each => each !== code))}
              >
                ×
              </button>
            )}
          </span>
        ))}
        {open.length === 0 && <Badge>none but your own</Badge>}
      </div>
      {may('calling:write') && (
        <div className="grid gap-3">
          <Field
            label="Open a country"
            type="search"
            value={search}
            onChange={setSearch}
            placeholder="Its name"
            className="max-w-sm"
          />
          <div className="flex flex-wrap gap-1.5">
            {shown.map(({ code, name }) => (
              <Button key={code} small disabled={open.includes(code)} onClick={() => setOpen([...open, code])}>
                {name}
              </Button>
            ))}
          </div>
          {change.error !== null && <Failure error={change.error} />}
          <div className="flex justify-end gap-2">
            <Button disabled={!changed} onClick={() => setOpen(calling.openCountries)}>
              As it was
            </Button>
            <Button
              kind="primary"
              disabled={!changed}
              busy={change.isPending}
              onClick={() => save({ openCountries: open })}
            >
              Save
            </Button>
          </div>
        </div>
      )}
    </Card>
  )
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

function Office({ calling }: { readonly calling: Calling }) {
  const { may } = useSession()
  const { change, save, problem } = useSave()
  const [from, setFrom] = useState(calling.hours[0]?.from ?? '09:00')
  const [to, setTo] = useState(calling.hours[0]?.to ?? '17:00')
  const [days, setDays] = useState<readonly number[]>(calling.hours[0]?.days ?? [1, 2, 3, 4, 5])
  const [timeZone, setTimeZone] = useState(calling.timeZone)
  const [forwarding, setForwarding] = useState(calling.offNetForwarding)
  const [location, setLocation] = useState(calling.emergencyLocationText ?? '')
  const disabled = !may('calling:write')
  return (
    <Card title="Office">
      <form
        className="grid gap-4"
        onSubmit={event => {
          event.preventDefault()
          save({
            hours: days.length === 0 ? [] : [{ days: [...days].sort(), from, to }],
            timeZone,
            offNetForwarding: forwarding,
            emergencyLocationText: location.trim() === '' ? null : location.trim(),
          })
        }}
      >
        <fieldset className="grid gap-2" disabled={disabled}>
          <legend className="mb-1 text-sm font-medium">Office hours; outside of them stricter rules count</legend>
          <div className="flex flex-wrap gap-1">
            {DAYS.map((day, index) => (
              <Button
                key={day}
                small
                aria-pressed={days.includes(index + 1)}
                kind={days.includes(index + 1) ? 'primary' : 'secondary'}
                onClick={() =>
                  setDays(days.includes(index + 1) ? days.filter(each => each !== index + 1) : [...days, index + 1])
                }
              >
                {day}
              </Button>
            ))}
          </div>
          <div className="flex flex-wrap gap-3">
            <Field label="From" type="time" value={from} onChange={setFrom} />
            <Field label="To" type="time" value={to} onChange={setTo} />
            <Field
              label="Time zone"
              value={timeZone}
              onChange={setTimeZone}
              problem={problem('timeZone')}
              hint="Such as Europe/Berlin"
            />
          </div>
        </fieldset>
        <Field
          label="Where calls for help come from"
          value={location}
          onChange={setLocation}
          disabled={disabled}
          problem={problem('emergencyLocationText')}
          hint="The address, as you would say it on the telephone."
        />
        <Check
          label="Extensions may forward calls to outside numbers (off is safer)"
          checked={forwarding}
          onChange={setForwarding}
        />
        {change.error !== null && <Failure error={change.error} />}
        {!disabled && (
          <div className="flex justify-end">
            <Button kind="primary" type="submit" busy={change.isPending}>
              Save
            </Button>
          </div>
        )}
      </form>
    </Card>
  )
}

function Certificates({ status }: { readonly status: Status }) {
  const { certificate, listeners, weakened } = status
  return (
    <Card title="Certificate and listeners">
      <Facts
        items={[
          ['Issued to', certificate.subject],
          ['By', certificate.issuer],
          ['Good until', formatTime(certificate.notAfter)],
          ['Names', certificate.names.join(', ')],
          [
            'Fingerprint',
            <code key="f" className="font-mono text-xs break-all">
              {certificate.fingerprint}
            </code>,
          ],
          [
            'Phones come to',
            listeners
              .map(each => `${each.transport} ${each.address}:${each.port}${each.insecure ? ' (NOT ENCRYPTED)' : ''}`)
              .join(', '),
          ],
        ]}
      />
      {weakened.length > 0 && (
        <div className="mt-4">
          <Notice tone="bad">{weakened.join('; ')}</Notice>
        </div>
      )}
    </Card>
  )
}

interface ChannelTest {
  readonly channel: string
  readonly ok: boolean
  readonly detail: string
}

function Alerts() {
  const [tests, setTests] = useState<readonly ChannelTest[]>()
  const change = useChange(() => post<readonly ChannelTest[]>('/alerts/test').then(setTests), [])
  return (
    <Card title="Alerts">
      <p className="mb-3 text-muted">
        Mail and webhooks are named in the configuration file. Try whether they reach you:
      </p>
      <Button busy={change.isPending} onClick={() => change.mutate(undefined)}>
        Send a test
      </Button>
      {change.error !== null && <Failure error={change.error} />}
      {tests?.length === 0 && (
        <div className="mt-3">
          <Notice tone="warn">No channel is set up: nobody is told at 3 a.m.</Notice>
        </div>
      )}
      <ul className="mt-3 grid gap-1">
        {tests?.map(each => (
          <li key={each.channel}>
            <Badge tone={each.ok ? 'good' : 'bad'}>{each.ok ? 'sent' : 'failed'}</Badge> {each.channel} {each.detail}
          </li>
        ))}
      </ul>
    </Card>
  )
}
