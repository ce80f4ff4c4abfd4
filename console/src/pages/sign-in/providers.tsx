/** Identity providers that the system knows, each with its button; nothing where there are none. */
import { Building2 } from 'lucide-react'
import { useState } from 'react'
import { type Page, post } from '../../api/client.ts'
import { Button } from '../../components/button.tsx'
import { useApi } from '../../hooks/use-api.ts'

interface Provider {
  readonly id: string
  readonly name: string
}

export function Providers({ onProblem }: { readonly onProblem: (error: unknown) => void }) {
  const { data } = useApi<Page<Provider>>('/auth/oidc')
  const [busy, setBusy] = useState<string>()
  const go = async (provider: string): Promise<void> => {
    setBusy(provider)
    try {
      const { location } = await post<{ location: string }>('/auth/oidc/begin', { provider })
      window.location.assign(location)
    } catch (error) {
      setBusy(undefined)
      onProblem(error)
    }
  }
  return data?.items.map(({ id, name }) => (
    <Button key={id} busy={busy === id} onClick={() => void go(id)} className="w-full">
      <Building2 size={18} aria-hidden /> Sign in with {name}
    </Button>
  ))
}
