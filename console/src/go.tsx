/** Elsewhere, once. `<Navigate>` goes again whenever it is drawn again: on the way there that is without end. */
import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { Loading } from './components/parts.tsx'

/** A path of ours, which may have a query. */
export function Go({ to }: { readonly to: string }) {
  const navigate = useNavigate()
  // biome-ignore lint/correctness/useExhaustiveDependencies: where to is all that counts
  useEffect(() => {
    void navigate({ href: to, replace: true })
  }, [to])
  return <Loading />
}
