/** From a link to an account: who one is, then a passkey, or a password with an authenticator. */
import { startRegistration } from '@simplewebauthn/browser'
import { useNavigate } from '@tanstack/react-router'
import { KeyRound, Smartphone } from 'lucide-react'
import { useCallback, useEffect, useState } from 'react'
import { ApiError, messageOf, post } from '../../api/client.ts'
import type { Enrolment, Session } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { RecoveryCodes } from '../../components/recovery-codes.tsx'
import { Field } from '../../components/field.tsx'
import { Badge, Failure, Loading, Notice } from '../../components/parts.tsx'
import { useSession } from '../../session.tsx'
import { Frame } from '../sign-in/frame.tsx'
import { PasswordSetup } from './password-setup.tsx'

/** The token stands behind #, which no server and no log ever sees; it leaves the address at once. */
function takeToken(): string {
  const token = location.hash.slice(1)
  if (token !== '') history.replaceState(null, '', location.pathname)
  return token
}

export default function Enrol() {
  const { entered } = useSession()
  const navigate = useNavigate()
  const [token, setToken] = useState(takeToken)
  const [enrolment, setEnrolment] = useState<Enrolment>()
  const [error, setError] = useState<unknown>()
  const [way, setWay] = useState<'passkey' | 'password'>()
  const [codes, setCodes] = useState<{ readonly session: Session; readonly codes: readonly string[] }>()

  const open = useCallback(
    async (who: { readonly email?: string; readonly name?: string } = {}): Promise<void> => {
      setError(undefined)
      setEnrolment(await post<Enrolment>('/enrolment/open', { token, ...who }))
    },
    [token],
  )
  useEffect(() => {
    open().catch(setError)
  }, [open])
  useEffect(() => {
    // A new link in the same window.
    const take = (): void => {
      const next = takeToken()
      if (next === '') return
      setEnrolment(undefined)
      setWay(undefined)
      setToken(next)
    }
    addEventListener('hashchange', take)
    return () => removeEventListener('hashchange', take)
  }, [])

  const done = (session: Session): void => {
    entered(session)
    void navigate({ to: '/' })
  }

  if (codes !== undefined) {
    return (
      <Frame title="Keep these codes" wide>
        <RecoveryCodes codes={codes.codes} onDone={() => done(codes.session)} />
      </Frame>
    )
  }
  if (enrolment === undefined) {
    return (
      <Frame title="Welcome">
        {error === undefined ? <Loading what="Opening your link" /> : <Failure error={problemOf(error)} />}
        {error !== undefined && (
          <p className="text-muted">
            A link works once and for a limited time. Ask whoever sent it for a new one; for the first owner:{' '}
            <code className="font-mono text-sm">ringfence people link</code> at the machine.
          </p>
        )}
      </Frame>
    )
  }
  if (enrolment.needsName) return <WhoAreYou onSubmit={open} />
  return (
    <Frame
      title={enrolment.recovery ? `Welcome back, ${enrolment.person.name}` : `Welcome, ${enrolment.person.name}`}
      wide
    >
      {enrolment.recovery && (
        <Notice tone="warn">When you are done, every passkey, password and code that you had before is void.</Notice>
      )}
      <p className="text-muted">
        Nobody gets in here with a password alone. Choose how you prove that it is you: you can add more ways later.
      </p>
      {way === undefined && <Ways onChoose={setWay} />}
      {way === 'passkey' && <PasskeySetup enrolment={enrolment} onDone={done} onBack={() => setWay(undefined)} />}
      {way === 'password' && (
        <PasswordSetup
          qr={enrolment.totp.qr}
          secret={enrolment.totp.secret}
          onBack={() => setWay(undefined)}
          onSubmit={async (password, code) => {
            const { recoveryCodes, ...session } = await post<Session & { recoveryCodes: readonly string[] }>(
              '/enrolment/password',
              {
                enrolment: enrolment.enrolment,
                password,
                code,
              },
            )
            setCodes({ session, codes: recoveryCodes })
          }}
        />
      )}
    </Frame>
  )
}

/** Half a link, as mail programs cut it, is no riddle. */
function problemOf(error: unknown): unknown {
  const isCut = error instanceof ApiError && error.field('token') !== undefined
  return isCut ? new Error('This link is not complete. Open it again, with all that stands behind the #.') : error
}

function Ways({ onChoose }: { readonly onChoose: (way: 'passkey' | 'password') => void }) {
  const box = 'grid content-start gap-1 rounded-xl border p-4 text-left hover:bg-accent-soft'
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <button type="button" className={box} onClick={() => onChoose('passkey')}>
        <span className="flex items-center gap-2 font-semibold">
          <KeyRound size={18} aria-hidden /> A passkey <Badge tone="good">best choice</Badge>
        </span>
        <span className="text-muted">
          Finger, face or PIN of this device, or a security key. Nothing to remember, and it cannot be phished.
        </span>
      </button>
      <button type="button" className={box} onClick={() => onChoose('password')}>
        <span className="flex items-center gap-2 font-semibold">
          <Smartphone size={18} aria-hidden /> Password and authenticator
        </span>
        <span className="text-muted">A long password, and six digits from an app on your mobile phone each time.</span>
      </button>
    </div>
  )
}

function PasskeySetup({
  enrolment,
  onDone,
  onBack,
}: {
  readonly enrolment: Enrolment
  readonly onDone: (session: Session) => void
  readonly onBack: () => void
}) {
  const [label, setLabel] = useState('This device')
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const create = async (): Promise<void> => {
    setBusy(true)
    setProblem(undefined)
    try {
      const response = await startRegistration({ optionsJSON: enrolment.passkey })
      onDone(await post<Session>('/enrolment/passkey', { enrolment: enrolment.enrolment, response, label }))
    } catch (error) {
      const { name } = error as Error
      const unusable = name === 'NotAllowedError' || name === 'SecurityError' || name === 'InvalidStateError'
      setProblem(
        unusable
          ? 'The browser made no passkey. It makes them only where it trusts the certificate of this page and the address is a name: install the CA certificate, or choose password and authenticator.'
          : messageOf(error),
      )
    } finally {
      setBusy(false)
    }
  }
  return (
    <div className="grid gap-4">
      <Field
        label="Name of this passkey"
        value={label}
        onChange={setLabel}
        maxLength={64}
        hint="So that you know it in a list of several."
      />
      {problem !== undefined && (
        <div role="alert">
          <Notice tone="bad">{problem}</Notice>
        </div>
      )}
      <div className="flex justify-between gap-2">
        <Button onClick={onBack}>Back</Button>
        <Button kind="primary" busy={busy} onClick={() => void create()}>
          Create the passkey
        </Button>
      </div>
    </div>
  )
}

function WhoAreYou({
  onSubmit,
}: {
  readonly onSubmit: (who: { readonly email: string; readonly name: string }) => Promise<void>
}) {
  const [name, setName] = useState('')
  const [email, setEmail] = useState('')
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const problem = (field: string) => (error instanceof ApiError ? error.field(field) : undefined)
  return (
    <Frame title="Who are you?">
      <p className="text-muted">You are the first one here, and become the owner of this phone system.</p>
      <form
        className="grid gap-3"
        onSubmit={async event => {
          event.preventDefault()
          setBusy(true)
          setError(undefined)
          await onSubmit({ name, email }).catch(setError)
          setBusy(false)
        }}
      >
        <Field
          label="Your name"
          value={name}
          onChange={setName}
          autoComplete="name"
          required
          problem={problem('name')}
        />
        <Field
          label="Your e-mail address"
          type="email"
          value={email}
          onChange={setEmail}
          autoComplete="email"
          required
          problem={problem('email')}
          hint="You sign in with it. Nothing is sent there."
        />
        {error !== undefined && problem('name') === undefined && problem('email') === undefined && (
          <Failure error={error} />
        )}
        <Button kind="primary" type="submit" busy={busy}>
          Go on
        </Button>
      </form>
    </Frame>
  )
}
