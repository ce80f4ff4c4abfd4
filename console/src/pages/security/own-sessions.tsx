import { messageOf, pathOf, remove } from '../../api/client.ts'
import type { SessionView } from '../../api/types.ts'
import { Card, Failure, Loading } from '../../components/parts.tsx'
import { SessionList } from '../../components/session-list.tsx'
import { useToast } from '../../components/toast.tsx'
import { useApi, useChange } from '../../hooks/use-api.ts'

export function OwnSessions() {
  const toast = useToast()
  const { data, error, refetch } = useApi<{ items: readonly SessionView[] }>('/me/sessions', { everyMs: 60_000 })
  const change = useChange((id: string) => remove(pathOf`/me/sessions/${id}`), ['/me/sessions'])
  return (
    <Card title="Where you are signed in">
      {error !== null ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Loading />
      ) : (
        <SessionList
          sessions={data.items}
          onEnd={id =>
            void change.mutateAsync(id).then(
              () => toast('Signed out there.'),
              failure => toast(messageOf(failure)),
            )
          }
        />
      )}
      <p className="mt-3 text-sm text-muted">
        One that is not yours? Sign it out, then remove the factor that it came in with.
      </p>
    </Card>
  )
}
