/** What a page shows stands in its address, so that back, reload and a link sent to somebody show the same. */
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'

export type Address = Readonly<Record<string, string | undefined>>

export function useAddress() {
  const navigate = useNavigate()
  const search = useSearch({ strict: false }) as Readonly<Record<string, unknown>>
  const get = (name: string): string => asText(search[name])
  /** `instead`: typing on is no step to go back to. */
  const change = useCallback(
    (changes: Address, instead = false): void => {
      const next = (held: Readonly<Record<string, unknown>>) =>
        Object.fromEntries(Object.entries({ ...held, ...changes }).filter(([, value]) => asText(value) !== ''))
      void navigate({ to: '.', search: next as never, replace: instead, resetScroll: false })
    },
    [navigate],
  )
  return { get, change }
}

/** The router reads `101` as a number. */
function asText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}
