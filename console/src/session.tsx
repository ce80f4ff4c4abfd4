/** Who is signed in, the second factor once more, and the way back after a session ended. */
import { startAuthentication } from '@simplewebauthn/browser'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react'
import { ApiError, configureClient, get, messageOf, post, setCsrf, setOrganisation } from './api/client.ts'
import type { Session } from './api/types.ts'
import { Button } from './components/button.tsx'
import { Dialog } from './components/dialog.tsx'
import { Field } from './components/field.tsx'

interface SessionContext {
  /** Undefined while it is asked for; null: nobody is signed in. */
  readonly session: Session | null | undefined
  may(permission: string): boolean
  entered(session: Session): void
  signOut(): Promise<void>
  readonly online: boolean
}

const Context = createContext<SessionContext | undefined>(undefined)

export function useSession(): SessionContext {
  const context = useContext(Context)
  if (context === undefined) throw new Error('outside of the session')
  return context
}

export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const cache = useQueryClient()
  const [ended, setEnded] = useState(false)
  const [online, setOnline] = useState(true)
  const [asking, setAsking] = useState<((given: boolean) => void) | undefined>()
  const pending = useRef<Promise<boolean> | undefined>(undefined)

  useEffect(() => {
    configureClient({
      sessionEnd: () => setEnded(true),
      reach: setOnline,
      stepUp() {
        // Several requests that want it at once ask once.
        pending.current ??= new Promise<boolean>(resolve => setAsking(() => resolve)).finally(() => {
          pending.current = undefined
        })
        return pending.current
      },
    })
  }, [])

  const { data, error } = useQuery({
    queryKey: ['session'],
    queryFn: async () => {
      const session = await get<Session>('/session')
      setCsrf(session.csrf)
      setOrganisation(session.installation ? session.organisation.id : undefined)
      return session
    },
    retry: (count, problem) => problem instanceof ApiError && problem.problem.status === 0 && count < 60,
    retryDelay: 2_000,
    staleTime: 60_000,
    // Its end is noticed without a click.
    refetchInterval: ended ? false : 240_000,
  })
  const unauthenticated = error instanceof ApiError && error.problem.status === 401
  const session = ended || unauthenticated ? null : data

  const entered = useCallback(
    (next: Session) => {
      setCsrf(next.csrf)
      setEnded(false)
      cache.clear()
      cache.setQueryData(['session'], next)
    },
    [cache],
  )
  const signOut = useCallback(async () => {
    await post('/auth/sign-out').catch(() => undefined)
    setCsrf(undefined)
    cache.clear()
    setEnded(true)
  }, [cache])

  const value = useMemo(
    () => ({
      session,
      may: (permission: string) => session?.permissions.includes(permission) === true,
      entered,
      signOut,
      online,
    }),
    [session, entered, signOut, online],
  )
  return (
    <Context.Provider value={value}>
      {children}
      {asking !== undefined && (
        <StepUp
          onDone={given => {
            asking(given)
            setAsking(undefined)
          }}
        />
      )}
    </Context.Provider>
  )
}

interface StepUpStart {
  readonly ceremony: string | null
  readonly options: never
  readonly totp: boolean
}

function StepUp({ onDone }: { readonly onDone: (given: boolean) => void }) {
  const [start, setStart] = useState<StepUpStart>()
  const [code, setCode] = useState('')
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)

  const begin = useCallback(() => {
    post<StepUpStart>('/session/step-up/begin').then(setStart, error => setProblem(messageOf(error)))
  }, [])
  useEffect(begin, [begin])

  const finish = async (answer: () => Promise<unknown>): Promise<void> => {
    setBusy(true)
    setProblem(undefined)
    try {
      await post('/session/step-up/finish', await answer())
      onDone(true)
    } catch (error) {
      setProblem(messageOf(error))
      setBusy(false)
      begin()
    }
  }

  return (
    <Dialog title="It is you?" onClose={() => onDone(false)}>
      <p className="text-muted">
        This change matters: give your second factor once more. It then counts for five minutes.
      </p>
      {start?.ceremony != null && (
        <Button
          kind="primary"
          busy={busy}
          onClick={() =>
            finish(async () => ({
              ceremony: start.ceremony,
              response: await startAuthentication({ optionsJSON: start.options }),
            }))
          }
        >
          Use your passkey
        </Button>
      )}
      {start?.totp === true && (
        <form
          className="flex items-end gap-2"
          onSubmit={event => {
            event.preventDefault()
            void finish(async () => ({ code }))
          }}
        >
          <Field
            label="Code of your authenticator"
            value={code}
            onChange={setCode}
            inputMode="numeric"
            autoComplete="one-time-code"
          />
          <Button kind="secondary" type="submit" busy={busy}>
            Confirm
          </Button>
        </form>
      )}
      {problem !== undefined && (
        <p role="alert" className="text-bad">
          {problem}
        </p>
      )}
    </Dialog>
  )
}
