/** Where the calls of an extension go when it cannot or will not take them. */
import { useEffect, useState } from 'react'
import { ApiError, pathOf, patch } from '../../api/client.ts'
import type { ExtensionCalling } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Check, Field } from '../../components/field.tsx'
import { Card, Failure, Loading } from '../../components/parts.tsx'
import { useToast } from '../../components/toast.tsx'
import { useApi, useChange } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'

const FORWARDS = [
  ['forwardAlways', 'Always'],
  ['forwardBusy', 'When busy'],
  ['forwardNoAnswer', 'When nobody answers'],
  ['forwardUnreachable', 'When no phone is connected'],
] as const

type Forward = (typeof FORWARDS)[number][0]
type Draft = Record<Forward, string> & { doNotDisturb: boolean; privacy: boolean }

/** `102` is meant as `extension:102`, `+49…` as `external:+49…`. */
export function targetOf(typed: string): string | null {
  const text = typed.trim()
  if (text === '') return null
  if (/^[a-z]+:/.test(text)) return text
  return text.startsWith('+') ? `external:${text.replace(/[\s()/-]/g, '')}` : `extension:${text}`
}

function draftOf(calling: ExtensionCalling): Draft {
  const forwards = Object.fromEntries(
    FORWARDS.map(([name]) => [name, (calling[name] ?? '').replace(/^(extension|external):/, '')]),
  ) as Record<Forward, string>
  return { ...forwards, doNotDisturb: calling.doNotDisturb, privacy: calling.privacy }
}

export function Forwarding({ number, own = false }: { readonly number: string; readonly own?: boolean }) {
  const { may } = useSession()
  const toast = useToast()
  const path = own ? '/me/extension' : pathOf`/extensions/${number}/calling`
  const { data: answer } = useApi<ExtensionCalling & { readonly calling?: ExtensionCalling }>(path)
  const data = answer?.calling ?? answer
  const [draft, setDraft] = useState<Draft>()
  const change = useChange((body: unknown) => patch(path, body), ['/extensions', '/me/', '/events'])
  useEffect(() => {
    // What somebody is typing is not overwritten.
    if (data !== undefined) setDraft(current => current ?? draftOf(data))
  }, [data])
  if (draft === undefined || data === undefined) return <Loading />
  const writable = may(own ? 'own:write' : 'extensions:write')
  const changed = JSON.stringify(draft) !== JSON.stringify(draftOf(data))
  const problem = (field: string) => (change.error instanceof ApiError ? change.error.field(field) : undefined)
  return (
    <Card title="Forwarding">
      <form
        className="grid gap-4"
        onSubmit={event => {
          event.preventDefault()
          const forwards = Object.fromEntries(FORWARDS.map(([name]) => [name, targetOf(draft[name])]))
          change.mutateAsync({ ...forwards, doNotDisturb: draft.doNotDisturb, privacy: draft.privacy }).then(
            () => toast('Forwarding was changed.'),
            () => undefined,
          )
        }}
      >
        <div className="grid gap-4 sm:grid-cols-2">
          {FORWARDS.map(([name, label]) => (
            <Field
              key={name}
              label={label}
              value={draft[name]}
              onChange={value => setDraft({ ...draft, [name]: value })}
              disabled={!writable}
              problem={problem(name)}
              placeholder="nowhere"
              hint="102, or a number with +"
            />
          ))}
        </div>
        <Check
          label="Do not disturb"
          checked={draft.doNotDisturb}
          onChange={doNotDisturb => setDraft({ ...draft, doNotDisturb })}
        />
        <Check
          label="Hide the number on calls outside"
          checked={draft.privacy}
          onChange={privacy => setDraft({ ...draft, privacy })}
        />
        {change.error !== null && <Failure error={change.error} />}
        {writable && (
          <div className="flex items-center justify-end gap-2">
            <Button disabled={!changed} onClick={() => setDraft(draftOf(data))}>
              As it was
            </Button>
            <Button kind="primary" type="submit" disabled={!changed} busy={change.isPending}>
              Save
            </Button>
          </div>
        )}
      </form>
    </Card>
  )
}
