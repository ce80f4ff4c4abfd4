/** Who is signed in, which organisation the pages are about, and the way back after a session or the connection ended. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react'
import { ApiError, configureClient, forgetRead, get, post, setCsrf, setOrganisation, touched } from './api/client.ts'
import type { Session } from './api/types.ts'
import { StepUp } from './step-up.tsx'

interface SessionContext {
  /** Undefined while it is asked for; null: nobody is signed in. */
  readonly session: Session | null | undefined
  /** Somebody went, or was away too long. */
  readonly left: 'signed-out' | 'ended' | undefined
  may(permission: string): boolean
  entered(session: Session): void
  signOut(): Promise<void>
  /** For people of the whole installation. */
  choose(organisation: string): Promise<void>
  /** Somebody is still here. */
  stay(): void
  readonly online: boolean
}

const ASKED_EVERY_MS = 60_000
const HEALS_EVERY_MS = 3_000
const SIGNS_OF_LIFE = ['pointerdown', 'keydown', 'wheel', 'touchstart'] as const

const Context = createContext<SessionContext | undefined>(undefined)

export function useSession(): SessionContext {
  const context = useContext(Context)
  if (context === undefined) throw new Error('outside of the session')
  return context
}

export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const cache = useQueryClient()
  const [left, setLeft] = useState<'signed-out' | 'ended'>()
  const [online, setOnline] = useState(true)
  const { asking, ask, answer } = useStepUp()
  const { data, error } = useQuery({
    queryKey: ['session'],
    queryFn: async ({ signal }) => {
      const session = await get<Session>('/session', signal)
      setCsrf(session.csrf)
      setOrganisation(session.installation ? session.organisation.id : undefined)
      // Signed in again in another window.
      setLeft(undefined)
      return session
    },
    retry: (count, problem) => problem instanceof ApiError && problem.problem.status >= 500 && count < 20,
    staleTime: 30_000,
    // Its end is noticed without a click.
    refetchInterval: left === undefined ? ASKED_EVERY_MS : false,
  })
  const had = data !== undefined
  useEffect(() => {
    configureClient({
      // Who was never signed in did not leave.
      sessionEnd: () => setLeft(current => current ?? (had ? 'ended' : undefined)),
      reach: setOnline,
      stepUp: ask,
    })
  }, [ask, had])
  useSignsOfLife()
  useHealing(online)

  const isRefused = error instanceof ApiError && error.problem.status === 401
  const session = left !== undefined || isRefused ? null : data
  const isGone = session === null
  useEffect(() => {
    if (isGone) answer(false)
  }, [isGone, answer])

  const entered = useCallback(
    (next: Session) => {
      forgetRead()
      setCsrf(next.csrf)
      setOrganisation(next.installation ? next.organisation.id : undefined)
      setLeft(undefined)
      cache.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' })
      cache.setQueryData(['session'], next)
    },
    [cache],
  )
  const signOut = useCallback(async () => {
    await cache.cancelQueries()
    await post('/auth/sign-out').catch(() => undefined)
    setCsrf(undefined)
    setOrganisation(undefined)
    forgetRead()
    setLeft('signed-out')
    cache.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' })
  }, [cache])
  const choose = useCallback(
    async (organisation: string) => {
      await cache.cancelQueries()
      setOrganisation(organisation)
      forgetRead()
      await cache.resetQueries()
    },
    [cache],
  )
  const stay = useCallback(() => {
    touched()
    void cache.invalidateQueries({ queryKey: ['session'] })
  }, [cache])

  const value = useMemo(
    () => ({
      session,
      left,
      may: (permission: string) => session?.permissions.includes(permission) === true,
      entered,
      signOut,
      choose,
      stay,
      online,
    }),
    [session, left, entered, signOut, choose, stay, online],
  )
  return (
    <Context.Provider value={value}>
      {children}
      {asking && <StepUp onDone={answer} />}
    </Context.Provider>
  )
}

/** Several requests that want it at once ask once. */
function useStepUp() {
  const [asking, setAsking] = useState(false)
  const pending = useRef<{ readonly given: Promise<boolean>; readonly resolve: (given: boolean) => void }>(undefined)
  const ask = useCallback((): Promise<boolean> => {
    if (pending.current === undefined) {
      let resolve: (given: boolean) => void = () => undefined
      const given = new Promise<boolean>(each => {
        resolve = each
      })
      pending.current = { given, resolve }
      setAsking(true)
    }
    return pending.current.given
  }, [])
  const answer = useCallback((given: boolean) => {
    pending.current?.resolve(given)
    pending.current = undefined
    setAsking(false)
  }, [])
  return { asking, ask, answer }
}

function useSignsOfLife(): void {
  useEffect(() => {
    for (const sign of SIGNS_OF_LIFE) addEventListener(sign, touched, { passive: true, capture: true })
    return () => {
      for (const sign of SIGNS_OF_LIFE) removeEventListener(sign, touched, { capture: true })
    }
  }, [])
}

/** While there is no connection it is tried again; what was not read meanwhile is read then. */
function useHealing(online: boolean): void {
  const cache = useQueryClient()
  useEffect(() => {
    if (online) return
    const timer = setInterval(() => {
      void cache.refetchQueries({ queryKey: ['session'] })
    }, HEALS_EVERY_MS)
    return () => {
      clearInterval(timer)
      void cache.invalidateQueries()
    }
  }, [online, cache])
}
