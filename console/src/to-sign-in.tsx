/** To the sign-in, once. `<Navigate>` goes again whenever it is drawn again: on the way there that is without end. */
import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { Loading } from './components/parts.tsx'

/** `from`: where they were, to come back to. */
export function ToSignIn({ from }: { readonly from: string | undefined }) {
  const navigate = useNavigate()
  // biome-ignore lint/correctness/useExhaustiveDependencies: where they were at first, and not on the way
  useEffect(() => {
    void navigate({ to: '/sign-in', search: (from === undefined ? {} : { from }) as never, replace: true })
  }, [])
  return <Loading what="To the sign-in" />
}
