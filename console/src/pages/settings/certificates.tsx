import type { Status } from '../../api/types.ts'
import { formatTime, useNow } from '../../components/format.tsx'
import { Badge, Card, Facts, Notice } from '../../components/parts.tsx'

const DAY = 86_400_000
const SOON_DAYS = 14

export function Certificates({ status }: { readonly status: Status }) {
  const { certificate, listeners, weakened } = status
  const days = Math.floor((certificate.notAfter - useNow(60_000)) / DAY)
  return (
    <Card title="Certificate and listeners">
      <Facts
        items={[
          ['Issued to', certificate.subject],
          ['By', certificate.issuer],
          [
            'Good until',
            <span key="u" className="flex flex-wrap items-center gap-2">
              {formatTime(certificate.notAfter)}
              <Badge tone={days < SOON_DAYS ? 'bad' : 'good'}>{days < 0 ? 'over' : `${days} days left`}</Badge>
            </span>,
          ],
          ['Names', certificate.names.join(', ')],
          [
            'Fingerprint',
            <code key="f" className="font-mono text-xs break-all">
              {certificate.fingerprint}
            </code>,
          ],
          [
            'Phones come to',
            <ul key="l" className="grid gap-1">
              {listeners.map(each => (
                <li
                  key={`${each.transport} ${each.address} ${each.port}`}
                  className="flex flex-wrap items-center gap-2"
                >
                  {each.transport} {each.address}, port {each.port}
                  {each.insecure && <Badge tone="bad">not encrypted</Badge>}
                </li>
              ))}
            </ul>,
          ],
        ]}
      />
      <p className="mt-4 text-sm text-muted">
        Phones and browsers that know nothing of it ask for the{' '}
        <a href="/ca.pem" className="text-accent underline" download="ca.pem">
          certificate of its authority
        </a>
        , where it is our own.
      </p>
      {weakened.length > 0 && (
        <div className="mt-4">
          <Notice tone="bad">{weakened.join('; ')}</Notice>
        </div>
      )}
    </Card>
  )
}
