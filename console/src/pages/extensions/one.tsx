/** One extension: its phones, where its calls go, whether it may call, and what changed lately. */
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { pathOf, post, remove } from '../../api/client.ts'
import type { Device, DeviceCredentials, Extension, LoggedEvent } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Confirm } from '../../components/confirm.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Ago } from '../../components/format.tsx'
import { Badge, Card, Empty, Failure, Loading, Notice, PageHead } from '../../components/parts.tsx'
import { useApi, useChange, usePages } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'
import { eventText } from '../log/event-text.ts'
import { Forwarding } from './forwarding.tsx'
import { PhoneSetup } from './phone-setup.tsx'

/** Of what changed lately. */
const SHOWN = 12

type Asking = 'suspend' | 'restore' | 'remove'

export default function OneExtension() {
  const { may } = useSession()
  const navigate = useNavigate()
  const { number } = useParams({ strict: false }) as { readonly number: string }
  const path = pathOf`/extensions/${number}`
  const { data: extension, error, refetch } = useApi<Extension>(path, { everyMs: 15_000 })
  const change = useChange((run: () => Promise<unknown>) => run(), ['/extensions', '/devices', '/fraud', '/status'])
  const [asking, setAsking] = useState<Asking>()
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />
  if (extension === undefined) return <Loading />
  const { state, suspendedReason, name } = extension
  const close = (): void => setAsking(undefined)
  return (
    <div className="grid gap-5">
      <PageHead
        title={`${number} ${name}`}
        lead={
          <Link to="/extensions" className="text-accent underline">
            All extensions
          </Link>
        }
      >
        {may('extensions:write') && (
          <>
            <Button
              kind={state === 'active' ? 'danger' : 'primary'}
              onClick={() => setAsking(state === 'active' ? 'suspend' : 'restore')}
            >
              {state === 'active' ? 'Suspend' : 'Restore'}
            </Button>
            <Button kind="danger" onClick={() => setAsking('remove')}>
              Remove
            </Button>
          </>
        )}
      </PageHead>
      {state === 'suspended' && (
        <Notice tone="bad">
          It cannot call outside; calls for help and between colleagues go on. Reason:{' '}
          {suspendedReason ?? 'none was given'}
        </Notice>
      )}
      <Devices number={number} />
      {may('extensions:read') && <Forwarding number={number} />}
      {may('log:read') && <Lately number={number} />}
      {asking === 'suspend' && (
        <Confirm
          title={`Suspend ${number}?`}
          action="Suspend"
          danger
          needsReason
          onClose={close}
          onConfirm={reason => change.mutateAsync(() => post(`${path}/suspend`, { reason }))}
        >
          <p>Its calls outside end now, and new ones are refused. Calls between colleagues and calls for help go on.</p>
        </Confirm>
      )}
      {asking === 'restore' && (
        <Confirm
          title={`Restore ${number}?`}
          action="Restore"
          needsReason
          onClose={close}
          onConfirm={reason => change.mutateAsync(() => post(`${path}/restore`, { reason }))}
        >
          <p>
            It may call outside again. If its password may be known to others, remove its phones first and add them
            anew.
          </p>
        </Confirm>
      )}
      {asking === 'remove' && (
        <Confirm
          title={`Remove ${number}?`}
          action="Remove"
          danger
          onClose={close}
          onConfirm={() => change.mutateAsync(() => remove(path)).then(() => navigate({ to: '/extensions' }))}
        >
          <p>Its phones lose their connection at once and its calls end. Past calls stay in the records.</p>
        </Confirm>
      )}
    </div>
  )
}

function Devices({ number }: { readonly number: string }) {
  const { may } = useSession()
  const { items } = usePages<Device>(pathOf`/devices?extension=${number}`, { everyMs: 10_000 })
  const [made, setMade] = useState<DeviceCredentials>()
  const [removing, setRemoving] = useState<Device>()
  const change = useChange((run: () => Promise<unknown>) => run(), ['/devices', '/extensions'])
  const add = (
    <Button
      small
      busy={change.isPending}
      onClick={() =>
        void change
          .mutateAsync(() => post<DeviceCredentials>('/devices', { extension: number }).then(setMade))
          .catch(() => undefined)
      }
    >
      Add a phone
    </Button>
  )
  return (
    <Card title="Phones" more={may('extensions:write') ? add : null}>
      {change.error !== null && <Failure error={change.error} />}
      {items === undefined ? (
        <Loading />
      ) : items.length === 0 ? (
        <Empty title="No phone yet">Add one: you get the four lines to type into it, or a QR code.</Empty>
      ) : (
        <ul className="divide-y">
          {items.map(device => (
            <li key={device.username} className="flex flex-wrap items-center justify-between gap-3 py-3">
              <div className="min-w-0">
                <p className="font-medium">
                  {device.label === '' ? device.username : `${device.label} (${device.username})`}{' '}
                  {device.registered ? <Badge tone="good">connected</Badge> : <Badge tone="warn">not connected</Badge>}{' '}
                  {device.weaker && <Badge tone="warn">weaker digest (MD5)</Badge>}{' '}
                  {device.allowInsecureImportedSecret && <Badge tone="bad">password from another system</Badge>}
                </p>
                <p className="text-sm break-words text-muted">
                  {device.registered
                    ? `${device.userAgent ?? 'unknown client'} from ${device.sourceAddress} over ${device.protocol}`
                    : 'It is off, or its settings are wrong.'}
                </p>
              </div>
              {may('extensions:write') && (
                <Button small kind="danger" onClick={() => setRemoving(device)}>
                  Remove
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {made !== undefined && (
        <Dialog title={`Connect a phone to ${number}`} onClose={() => setMade(undefined)} wide>
          <PhoneSetup credentials={made} />
        </Dialog>
      )}
      {removing !== undefined && (
        <Confirm
          title={`Remove ${removing.username}?`}
          action="Remove"
          danger
          onClose={() => setRemoving(undefined)}
          onConfirm={() => change.mutateAsync(() => remove(pathOf`/devices/${removing.username}`))}
        >
          <p>It loses its connection and its calls end now. Its password opens nothing any more.</p>
        </Confirm>
      )}
    </Card>
  )
}

function Lately({ number }: { readonly number: string }) {
  const types = 'directory.*, fraud.*, registration.accepted, registration.refused'
  const asked = `(extension:${number} or data.payer:${number}) type:(${types}) data.refreshed!=true`
  const query = usePages<LoggedEvent>(`/events/query?q=${encodeURIComponent(asked)}`, { limit: SHOWN, everyMs: 5_000 })
  const own = query.items?.slice(0, SHOWN)
  return (
    <Card title="What changed lately">
      {own === undefined ? (
        <Loading />
      ) : own.length === 0 ? (
        <Empty title="Nothing lately">Registrations, forwards, suspensions of this extension stand here.</Empty>
      ) : (
        <ul className="divide-y">
          {own.map(({ position, event }) => (
            <li key={position} className="grid gap-1 py-2 md:grid-cols-[14rem_1fr_8rem]">
              <span className="font-medium">{event.type}</span>
              <span className="min-w-0 break-words text-muted">{eventText(event)}</span>
              <span className="text-sm text-muted md:text-right">
                <Ago at={event.at} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}
