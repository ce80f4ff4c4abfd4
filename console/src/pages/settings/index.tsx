/** The organisation: where it is, when it is open, which countries may be called, and how it is reached. */
import type { Calling, Status } from '../../api/types.ts'
import { Failure, Loading, PageHead } from '../../components/parts.tsx'
import { useApi } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'
import { Alerts } from './alerts.tsx'
import { Certificates } from './certificates.tsx'
import { Countries } from './countries.tsx'
import { Emergency } from './emergency.tsx'
import { Exports } from './exports.tsx'
import { Numbering } from './numbering.tsx'
import { Organisations } from './organisations.tsx'
import { CALLING } from './save.tsx'
import { Schedule } from './schedule.tsx'

export default function Settings() {
  const { session, may } = useSession()
  const { data, error, refetch } = useApi<Calling>(CALLING)
  const status = useApi<Status>('/status', { enabled: may('status:read') })
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />
  if (data === undefined) return <Loading />
  return (
    <div className="grid max-w-4xl gap-5">
      <PageHead
        title="Settings"
        lead={
          may('calling:write')
            ? `How ${session?.organisation.name} calls. Every change stands in the log, with your name.`
            : 'You may read these; an administrator changes them.'
        }
      />
      <Countries calling={data} />
      <Schedule calling={data} />
      <Numbering calling={data} />
      <Emergency calling={data} />
      {status.data !== undefined && <Certificates status={status.data} />}
      {may('alerts:write') && <Alerts />}
      {may('firewall:read') && <Exports />}
      {session?.installation === true && may('organisations:read') && <Organisations />}
    </div>
  )
}
