/** In by a passkey, or by e-mail address, password and code, which go together. */
import { startAuthentication } from '@simplewebauthn/browser'
import { useLocation } from '@tanstack/react-router'
import { KeyRound } from 'lucide-react'
import { useState } from 'react'
import { ApiError, messageOf, post } from '../../api/client.ts'
import type { Session } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { Loading, Notice } from '../../components/parts.tsx'
import { Go } from '../../go.tsx'
import { useSession } from '../../session.tsx'
import { backTo } from './back-to.ts'
import { Frame } from './frame.tsx'
import { Providers } from './providers.tsx'

const NO_PASSKEY = 'No passkey was used. Try again, or sign in with your password and a code.'

export default function SignIn() {
  const { session, left, entered, online } = useSession()
  const { search } = useLocation()
  // Kept: on the way there the location is another one already.
  const [back] = useState(() => backTo(search))
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState<'passkey' | 'password'>()

  if (session === undefined) return <Frame title="Sign in">{<Loading what="Asking who you are" />}</Frame>
  if (session !== null) return <Go to={back} />

  const enter = async (how: 'passkey' | 'password', run: () => Promise<Session>): Promise<void> => {
    setBusy(how)
    setProblem(undefined)
    try {
      entered(await run())
    } catch (error) {
      setProblem(error instanceof ApiError ? messageOf(error) : NO_PASSKEY)
      setCode('')
    } finally {
      setBusy(undefined)
    }
  }
  const byPasskey = async (): Promise<Session> => {
    const { ceremony, options } = await post<{ ceremony: string; options: never }>('/auth/passkey/begin')
    const response = await startAuthentication({ optionsJSON: options })
    return post<Session>('/auth/passkey/finish', { ceremony, response })
  }

  return (
    <Frame title="Sign in">
      {left === 'ended' && problem === undefined && (
        <Notice tone="neutral">
          Your session ended, as it does when nobody does anything for a while. Sign in, and go on where you were.
        </Notice>
      )}
      {left === 'signed-out' && problem === undefined && <Notice tone="good">You are signed out.</Notice>}
      {!online && <Notice tone="warn">The phone system cannot be reached. This goes on when it is back.</Notice>}
      {problem !== undefined && (
        <div role="alert">
          <Notice tone="bad">{problem}</Notice>
        </div>
      )}
      <Button
        kind="primary"
        busy={busy === 'passkey'}
        onClick={() => void enter('passkey', byPasskey)}
        className="w-full"
      >
        <KeyRound size={18} aria-hidden /> Sign in with a passkey
      </Button>
      <Providers onProblem={error => setProblem(messageOf(error))} />
      <div className="flex items-center gap-3 text-sm text-muted">
        <span className="h-px flex-1 bg-line" /> or <span className="h-px flex-1 bg-line" />
      </div>
      <form
        className="grid gap-3"
        onSubmit={event => {
          event.preventDefault()
          void enter('password', () => post<Session>('/auth/password', { email, password, code }))
        }}
      >
        <Field label="E-mail address" type="email" value={email} onChange={setEmail} autoComplete="username" required />
        <Field
          label="Password"
          type="password"
          value={password}
          onChange={setPassword}
          autoComplete="current-password"
          required
        />
        <Field
          label="Code"
          value={code}
          onChange={setCode}
          autoComplete="one-time-code"
          required
          hint="Six digits of your authenticator, or one of your recovery codes."
        />
        <Button type="submit" busy={busy === 'password'}>
          Sign in
        </Button>
      </form>
      <p className="text-sm text-muted">
        Lost your phone or passkey? Ask a colleague who administers this system for a new link, or at the machine
        itself: <code className="font-mono text-xs">ringfence people recover</code>.
      </p>
    </Frame>
  )
}
