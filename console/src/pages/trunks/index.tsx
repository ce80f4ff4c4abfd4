/** The way outside: trunks with their health, and the numbers that lead in. */
import { useState } from 'react'
import { ApiError, pathOf, patch, post, remove } from '../../api/client.ts'
import type { OwnedNumber, Trunk } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Confirm } from '../../components/confirm.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Check, Field } from '../../components/field.tsx'
import { Badge, Card, Empty, Facts, Failure, Loading, Notice, PageHead } from '../../components/parts.tsx'
import { Table } from '../../components/table.tsx'
import { useChange, usePages } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'
import { targetOf } from '../extensions/forwarding.tsx'

export default function Trunks() {
  const { may } = useSession()
  const trunks = usePages<Trunk>('/trunks', { everyMs: 10_000 })
  const numbers = usePages<OwnedNumber>('/numbers', { all: true })
  const [adding, setAdding] = useState<'trunk' | 'number'>()
  const [open, setOpen] = useState<string>()
  if (trunks.error !== null) return <Failure error={trunks.error} onRetry={() => void trunks.refetch()} />
  if (trunks.items === undefined) return <Loading />
  const chosen = trunks.items.find(each => each.name === open)
  const write = may('trunks:write')
  return (
    <div className="grid gap-6">
      <PageHead
        title="Trunks and numbers"
        lead="A trunk is the connection to your telephone provider. Calls for help leave by any of them that works."
      >
        {write && (
          <Button kind="primary" onClick={() => setAdding('trunk')}>
            Add a trunk
          </Button>
        )}
      </PageHead>
      <Table
        label="Trunks"
        rows={trunks.items}
        keyOf={each => each.name}
        onOpen={each => setOpen(each.name)}
        empty={
          <Empty title="No trunk yet">
            Without one, colleagues can call each other, and nobody else. Your provider tells you a host, a user name
            and a password.
          </Empty>
        }
        columns={[
          { title: 'Name', cell: each => <span className="font-semibold">{each.name}</span> },
          { title: 'Provider', cell: each => each.host, width: 'minmax(0,1.4fr)' },
          { title: 'Health', cell: each => <Health trunk={each} />, width: '11rem' },
          {
            title: 'Encryption',
            cell: each =>
              each.weakened.length === 0 ? (
                <Badge tone="good">TLS and SRTP</Badge>
              ) : (
                <Badge tone="bad">{each.weakened.join(', ')}</Badge>
              ),
            width: '14rem',
          },
          { title: 'Calls', cell: each => each.live?.calls ?? 0, width: '4rem', right: true },
        ]}
      />
      <Card
        title="Numbers"
        more={
          write ? (
            <Button small onClick={() => setAdding('number')}>
              Add a number
            </Button>
          ) : null
        }
      >
        <Numbers numbers={numbers.items} />
      </Card>
      {adding === 'trunk' && <AddTrunk onClose={() => setAdding(undefined)} />}
      {adding === 'number' && <AddNumber onClose={() => setAdding(undefined)} />}
      {chosen !== undefined && <OneTrunk trunk={chosen} onClose={() => setOpen(undefined)} />}
    </div>
  )
}

function Health({ trunk: { state, live } }: { readonly trunk: Trunk }) {
  if (state === 'disabled') return <Badge>switched off</Badge>
  const health = live?.health ?? 'unknown'
  return (
    <Badge tone={health === 'up' ? 'good' : health === 'unknown' ? 'neutral' : 'bad'}>{live?.problem ?? health}</Badge>
  )
}

function Numbers({ numbers }: { readonly numbers: readonly OwnedNumber[] | undefined }) {
  const { may } = useSession()
  const [removing, setRemoving] = useState<OwnedNumber>()
  const [routing, setRouting] = useState<OwnedNumber>()
  const change = useChange((e164: string) => remove(pathOf`/numbers/${e164}`), ['/numbers'])
  if (numbers === undefined) return <Loading />
  return (
    <>
      <Table
        label="Numbers"
        rows={numbers}
        keyOf={each => each.e164}
        empty={
          <Empty title="No numbers yet">
            Add a number of yours, and say which extension or group rings when it is called.
          </Empty>
        }
        columns={[
          { title: 'Number', cell: each => <span className="font-semibold">{each.e164}</span> },
          { title: 'Rings', cell: each => each.target },
          { title: 'After hours', cell: each => each.afterHours ?? 'the same' },
          {
            title: '',
            width: '11rem',
            right: true,
            cell: each =>
              may('trunks:write') && (
                <span className="inline-flex gap-1">
                  <Button small onClick={() => setRouting(each)}>
                    Change
                  </Button>
                  <Button small kind="danger" onClick={() => setRemoving(each)}>
                    Remove
                  </Button>
                </span>
              ),
          },
        ]}
      />
      {removing !== undefined && (
        <Confirm
          title={`Remove ${removing.e164}?`}
          action="Remove"
          danger
          onClose={() => setRemoving(undefined)}
          onConfirm={() => change.mutateAsync(removing.e164)}
        >
          <p>Calls to it are refused from now on.</p>
        </Confirm>
      )}
      {routing !== undefined && <AddNumber number={routing} onClose={() => setRouting(undefined)} />}
    </>
  )
}

function AddNumber({ number, onClose }: { readonly number?: OwnedNumber; readonly onClose: () => void }) {
  const [e164, setE164] = useState(number?.e164 ?? '')
  const [target, setTarget] = useState(number?.target ?? '')
  const change = useChange((run: () => Promise<unknown>) => run(), ['/numbers'])
  const problem = (field: string) => (change.error instanceof ApiError ? change.error.field(field) : undefined)
  return (
    <Dialog title={number === undefined ? 'Add a number' : `Where ${number.e164} leads`} onClose={onClose}>
      <form
        className="grid gap-3"
        onSubmit={event => {
          event.preventDefault()
          const leads = targetOf(target) ?? 'reject'
          const run = () =>
            number === undefined
              ? post('/numbers', { e164: e164.replace(/[\s()/-]/g, ''), target: leads })
              : patch(pathOf`/numbers/${number.e164}`, { target: leads })
          change.mutateAsync(run).then(onClose, () => undefined)
        }}
      >
        {number === undefined && (
          <Field
            label="Number"
            value={e164}
            onChange={setE164}
            required
            problem={problem('e164')}
            hint="With the country code, such as +49 30 123456."
          />
        )}
        <Field
          label="Rings"
          value={target}
          onChange={setTarget}
          required
          problem={problem('target')}
          hint="101, group:200, or reject"
        />
        {change.error !== null && <Failure error={change.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Leave it</Button>
          <Button kind="primary" type="submit" busy={change.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function AddTrunk({ onClose }: { readonly onClose: () => void }) {
  const [draft, setDraft] = useState({ name: '', host: '', username: '', password: '', register: true })
  const change = useChange((body: unknown) => post('/trunks', body), ['/trunks', '/status'])
  const problem = (field: string) => (change.error instanceof ApiError ? change.error.field(field) : undefined)
  const set = (part: Partial<typeof draft>): void => setDraft({ ...draft, ...part })
  return (
    <Dialog title="Add a trunk" onClose={onClose}>
      <form
        className="grid gap-3"
        onSubmit={event => {
          event.preventDefault()
          const { name, host, username, password, register } = draft
          const login = username === '' ? {} : { username, password }
          change
            .mutateAsync({ name, host, register: register && username !== '', ...login })
            .then(onClose, () => undefined)
        }}
      >
        <Field
          label="Name"
          value={draft.name}
          onChange={name => set({ name })}
          required
          problem={problem('name')}
          hint="Yours to choose; small letters, such as provider."
        />
        <Field
          label="Host of the provider"
          value={draft.host}
          onChange={host => set({ host })}
          required
          problem={problem('host')}
          hint="As the provider tells you; TLS and SRTP are used."
        />
        <Field
          label="User name"
          value={draft.username}
          onChange={username => set({ username })}
          problem={problem('username')}
          autoComplete="off"
        />
        <Field
          label="Password"
          type="password"
          value={draft.password}
          onChange={password => set({ password })}
          problem={problem('password')}
          autoComplete="new-password"
          hint="Kept sealed; never shown again."
        />
        <Check
          label="Register there, as most providers want"
          checked={draft.register}
          onChange={register => set({ register })}
        />
        {change.error !== null && <Failure error={change.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Leave it</Button>
          <Button kind="primary" type="submit" busy={change.isPending}>
            Add the trunk
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

interface TrunkTest {
  readonly [name: string]: unknown
}

function OneTrunk({ trunk, onClose }: { readonly trunk: Trunk; readonly onClose: () => void }) {
  const { may } = useSession()
  const path = pathOf`/trunks/${trunk.name}`
  const [removing, setRemoving] = useState(false)
  const [test, setTest] = useState<TrunkTest>()
  const change = useChange((run: () => Promise<unknown>) => run(), ['/trunks', '/status'])
  const { live } = trunk
  if (removing) {
    return (
      <Confirm
        title={`Remove ${trunk.name}?`}
        action="Remove"
        danger
        onClose={() => setRemoving(false)}
        onConfirm={() => change.mutateAsync(() => remove(path)).then(onClose)}
      >
        <p>Calls outside then take another trunk, or none. Calls from this provider are refused.</p>
      </Confirm>
    )
  }
  return (
    <Dialog title={trunk.name} onClose={onClose} wide>
      <Facts
        items={[
          ['Provider', `${trunk.host}${trunk.port === null ? '' : `:${trunk.port}`}`],
          ['Health', <Health key="h" trunk={trunk} />],
          ['Connection', live?.tls ?? (live?.remote == null ? 'none now' : 'not encrypted')],
          ['Reached at', live?.remote ?? '–'],
          ['Round trip', live?.roundTrip == null ? '–' : `${Math.round(live.roundTrip)} ms`],
          ['Signs in as', trunk.username ?? 'nobody: known by its address'],
        ]}
      />
      {test !== undefined && (
        <Notice tone={test['ok'] === false ? 'bad' : 'good'}>{JSON.stringify(test).slice(0, 400)}</Notice>
      )}
      {change.error !== null && <Failure error={change.error} />}
      {may('trunks:write') && (
        <div className="flex flex-wrap gap-2">
          <Button
            busy={change.isPending}
            onClick={() =>
              void change.mutateAsync(() => post<TrunkTest>(`${path}/test`).then(setTest)).catch(() => undefined)
            }
          >
            Try it now
          </Button>
          <Button
            onClick={() =>
              change.mutate(() => patch(path, { state: trunk.state === 'enabled' ? 'disabled' : 'enabled' }))
            }
          >
            {trunk.state === 'enabled' ? 'Switch off' : 'Switch on'}
          </Button>
          <Button kind="danger" onClick={() => setRemoving(true)}>
            Remove
          </Button>
        </div>
      )}
    </Dialog>
  )
}
