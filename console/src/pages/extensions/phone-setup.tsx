/** What to type into a phone, shown once; and whether the phone has found its way. */
import { renderSVG } from 'uqr'
import { useState } from 'react'
import type { Device, DeviceCredentials } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Notice } from '../../components/parts.tsx'
import { usePages } from '../../hooks/use-api.ts'

export function PhoneSetup({ credentials }: { readonly credentials: DeviceCredentials }) {
  const { username, password, domain, outboundProxy } = credentials
  const lines: readonly (readonly [string, string])[] = [
    ['User name', username],
    ['Password', password],
    ['Domain', domain],
    ['Outbound proxy', outboundProxy],
  ]
  const { items } = usePages<Device>('/devices', { all: true, everyMs: 3_000 })
  const device = items?.find(each => each.username === username)
  const qr = renderSVG(`sip:${username}:${password}@${domain};proxy=${outboundProxy}`, { border: 2 })
  return (
    <div className="grid gap-4">
      <Notice tone="warn">The password is shown now and never again. Closing this means making a new phone.</Notice>
      <div className="grid gap-4 sm:grid-cols-[auto_1fr]">
        <img
          src={`data:image/svg+xml,${encodeURIComponent(qr)}`}
          alt="The four lines as a QR code"
          className="size-44 rounded-lg bg-white p-2"
        />
        <dl className="grid content-start gap-2">
          {lines.map(([label, value]) => (
            <div key={label} className="grid gap-0.5">
              <dt className="text-sm text-muted">{label}</dt>
              <dd className="flex items-center justify-between gap-2 rounded-lg border px-3 py-1.5">
                <code className="font-mono text-sm break-all">{value}</code>
                <Copy text={value} />
              </dd>
            </div>
          ))}
        </dl>
      </div>
      <p className="text-muted">
        Transport TLS, media encryption SRTP (mandatory). The phone has to trust the{' '}
        <a className="text-accent underline" href="/ca.pem" download>
          CA certificate
        </a>
        .
      </p>
      <div role="status">
        {device?.registered === true ? (
          <Notice tone="good">
            The phone is connected: {device.userAgent ?? 'a client'} from {device.sourceAddress ?? 'somewhere'}.
          </Notice>
        ) : (
          <Notice tone="neutral">Waiting for the phone to connect …</Notice>
        )}
      </div>
    </div>
  )
}

function Copy({ text }: { readonly text: string }) {
  const [done, setDone] = useState(false)
  return (
    <Button small kind="plain" onClick={() => navigator.clipboard.writeText(text).then(() => setDone(true))}>
      {done ? 'Copied' : 'Copy'}
    </Button>
  )
}
