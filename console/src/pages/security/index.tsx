/** One's own ways in, and where one is signed in. */
import { startRegistration } from '@simplewebauthn/browser'
import { KeyRound, Smartphone } from 'lucide-react'
import { useState } from 'react'
import { messageOf, pathOf, post, remove } from '../../api/client.ts'
import type { Factors } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Confirm } from '../../components/confirm.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Ago, formatTime } from '../../components/format.tsx'
import { Badge, Card, Empty, Failure, Loading, Notice, PageHead } from '../../components/parts.tsx'
import { RecoveryCodes } from '../../components/recovery-codes.tsx'
import { useToast } from '../../components/toast.tsx'
import { useApi, useChange } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'
import { PasswordSetup } from '../enrol/password-setup.tsx'
import { AddPasskey } from './add-passkey.tsx'
import { OwnSessions } from './own-sessions.tsx'

type Asking =
  | { readonly kind: 'remove-passkey'; readonly id: string; readonly label: string }
  | { readonly kind: 'remove-password' }
  | { readonly kind: 'add-passkey' }
  | { readonly kind: 'codes'; readonly codes: readonly string[] }
  | {
      readonly kind: 'password'
      readonly setup: { readonly setup: string; readonly secret: string; readonly qr: string }
    }

export default function Security() {
  const { session } = useSession()
  const toast = useToast()
  const { data: factors, error, refetch } = useApi<Factors>('/me/factors')
  const [asking, setAsking] = useState<Asking>()
  const [problem, setProblem] = useState<string>()
  const touched = useChange((run: () => Promise<unknown>) => run(), ['/me/', 'session'])
  const close = (): void => setAsking(undefined)
  const attempt = (run: () => Promise<unknown>): void => {
    setProblem(undefined)
    touched.mutateAsync(run).catch(failure => setProblem(messageOf(failure)))
  }
  const addPasskey = async (label: string): Promise<void> => {
    const { ceremony, options } = await post<{ ceremony: string; options: never }>('/me/passkeys/begin')
    const response = await startRegistration({ optionsJSON: options }).catch((failure: Error) => {
      const known = failure.name === 'InvalidStateError'
      throw new Error(known ? 'This device has a passkey for you already.' : 'The browser made no passkey. Try again.')
    })
    await post('/me/passkeys', { ceremony, response, label })
    toast('The passkey was added.')
  }
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />
  if (factors === undefined) return <Loading />
  const hasPassword = factors.password !== null
  return (
    <div className="grid gap-5">
      <PageHead
        title="My sign-in"
        lead="How you prove that it is you. Two passkeys on different devices are the best insurance against losing one."
      />
      {session?.mustEnrol === true && (
        <Notice tone="warn">
          You came in with a recovery code. Add a passkey, or set up an authenticator, before you go on.
        </Notice>
      )}
      {problem !== undefined && (
        <div role="alert">
          <Notice tone="bad">{problem}</Notice>
        </div>
      )}
      <Card
        title="Passkeys"
        more={
          <Button small busy={touched.isPending} onClick={() => setAsking({ kind: 'add-passkey' })}>
            <KeyRound size={16} aria-hidden /> Add a passkey
          </Button>
        }
      >
        {factors.passkeys.length === 0 ? (
          <Empty title="No passkey yet">
            A passkey is quicker than a password, and nobody can trick you out of it.
          </Empty>
        ) : (
          <ul className="divide-y">
            {factors.passkeys.map(passkey => (
              <li key={passkey.id} className="flex items-center justify-between gap-3 py-3 first:pt-0 last:pb-0">
                <div className="min-w-0">
                  <p className="font-medium">
                    {passkey.label} {passkey.backedUp && <Badge>synchronised</Badge>}
                  </p>
                  <p className="text-sm text-muted">
                    Since {formatTime(passkey.createdAt)};{' '}
                    {passkey.lastUsedAt === null ? (
                      'not used since'
                    ) : (
                      <>
                        last used <Ago at={passkey.lastUsedAt} />
                      </>
                    )}
                  </p>
                </div>
                <Button
                  small
                  kind="danger"
                  onClick={() => setAsking({ kind: 'remove-passkey', id: passkey.id, label: passkey.label })}
                >
                  Remove
                </Button>
              </li>
            ))}
          </ul>
        )}
      </Card>
      <Card
        title="Password and authenticator"
        more={
          <Button
            small
            busy={touched.isPending}
            onClick={() => attempt(async () => setAsking({ kind: 'password', setup: await post('/me/totp/begin') }))}
          >
            <Smartphone size={16} aria-hidden /> {hasPassword ? 'Set both anew' : 'Set up'}
          </Button>
        }
      >
        {factors.password === null ? (
          <p className="text-muted">Not set. You sign in with passkeys only, which is fine.</p>
        ) : (
          <div className="flex flex-wrap items-center justify-between gap-3">
            <p className="text-muted">
              Since {formatTime(factors.password.changedAt)}; {factors.recoveryCodesLeft} recovery codes left.
            </p>
            <div className="flex gap-2">
              <Button
                small
                onClick={() =>
                  attempt(async () =>
                    setAsking({
                      kind: 'codes',
                      codes: (await post<{ recoveryCodes: string[] }>('/me/recovery-codes')).recoveryCodes,
                    }),
                  )
                }
              >
                New recovery codes
              </Button>
              <Button small kind="danger" onClick={() => setAsking({ kind: 'remove-password' })}>
                Remove
              </Button>
            </div>
          </div>
        )}
      </Card>
      <OwnSessions />
      {asking?.kind === 'add-passkey' && (
        <AddPasskey onClose={close} onAdd={label => touched.mutateAsync(() => addPasskey(label))} />
      )}
      {asking?.kind === 'remove-passkey' && (
        <Confirm
          title={`Remove “${asking.label}”?`}
          action="Remove it"
          danger
          onClose={close}
          onConfirm={() => touched.mutateAsync(() => remove(pathOf`/me/passkeys/${asking.id}`))}
        >
          <p>It opens nothing any more, and you are signed out everywhere else.</p>
        </Confirm>
      )}
      {asking?.kind === 'remove-password' && (
        <Confirm
          title="Go without password and authenticator?"
          action="Remove both"
          danger
          onClose={close}
          onConfirm={() => touched.mutateAsync(() => remove('/me/password'))}
        >
          <p>You then sign in with your passkeys only; the recovery codes are void.</p>
        </Confirm>
      )}
      {asking?.kind === 'codes' && (
        <Dialog title="Keep these codes" onClose={close} wide>
          <RecoveryCodes codes={asking.codes} onDone={close} />
        </Dialog>
      )}
      {asking?.kind === 'password' && (
        <Dialog title="Password and authenticator" onClose={close} wide>
          <PasswordSetup
            qr={asking.setup.qr}
            secret={asking.setup.secret}
            onBack={close}
            onSubmit={async (password, code) => {
              const body = { password, code, setup: asking.setup.setup }
              const { recoveryCodes } = await post<{ recoveryCodes: string[] }>('/me/password', body)
              setAsking({ kind: 'codes', codes: recoveryCodes })
              await touched.mutateAsync(async () => undefined)
            }}
          />
        </Dialog>
      )}
    </div>
  )
}
