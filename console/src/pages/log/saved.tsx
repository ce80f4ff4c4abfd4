/** Questions that are kept by name: asked by a click, saved with whether people are told, removed. */
import { useState } from 'react'
import { X } from 'lucide-react'
import { pathOf, post, remove as removeAt } from '../../api/client.ts'
import type { SavedSearch } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Confirm } from '../../components/confirm.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { Failure } from '../../components/parts.tsx'
import { visible } from '../../components/visible.ts'
import { useChange, usePages } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'

interface SavedProps {
  /** The question that was asked, and can be read. */
  readonly asked: string
  readonly onAsk: (text: string) => void
}

export function Saved({ asked, onAsk }: SavedProps) {
  const { may } = useSession()
  const { items = [] } = usePages<SavedSearch>('/searches', { all: true })
  const [saving, setSaving] = useState(false)
  const [removing, setRemoving] = useState<SavedSearch>()
  const remove = useChange((name: string) => removeAt(pathOf`/searches/${name}`), ['/searches'])
  const mayChange = may('fraud:decide')
  if (items.length === 0 && !mayChange) return null
  return (
    <div className="flex flex-wrap items-center gap-2" role="group" aria-label="Saved searches">
      <span className="text-sm text-muted">Saved:</span>
      {items.length === 0 && <span className="text-sm text-muted">none yet</span>}
      {items.map(each => (
        <span key={each.name} className="inline-flex items-stretch">
          <Button
            small
            kind={each.q === asked ? 'primary' : 'secondary'}
            aria-pressed={each.q === asked}
            title={
              each.tell === null
                ? each.q
                : `${each.q} (people are told of more than ${each.tell.more} in ${each.tell.minutes} minutes)`
            }
            onClick={() => onAsk(each.q)}
          >
            {visible(each.name)}
            {each.tell !== null && <span className="text-xs">· told</span>}
          </Button>
          {mayChange && (
            <Button
              small
              kind="plain"
              aria-label={`Remove the saved search ${each.name}`}
              onClick={() => setRemoving(each)}
            >
              <X size={14} aria-hidden />
            </Button>
          )}
        </span>
      ))}
      {mayChange && (
        <Button small disabled={asked === ''} onClick={() => setSaving(true)}>
          Save this question
        </Button>
      )}
      {saving && <Save asked={asked} onClose={() => setSaving(false)} />}
      {removing !== undefined && (
        <Confirm
          title={`Remove ${removing.name}?`}
          action="Remove"
          danger
          onClose={() => setRemoving(undefined)}
          onConfirm={() => remove.mutateAsync(removing.name).then(() => setRemoving(undefined))}
        >
          <p>
            Nobody finds it here any more{removing.tell === null ? '' : ', and nobody is told of it any more'}. The log
            stays as it is.
          </p>
        </Confirm>
      )}
    </div>
  )
}

function Save({ asked, onClose }: { readonly asked: string; readonly onClose: () => void }) {
  const [name, setName] = useState('')
  const [tells, setTells] = useState(false)
  const [more, setMore] = useState('20')
  const [minutes, setMinutes] = useState('10')
  const save = useChange(
    () =>
      post('/searches', {
        name: name.trim(),
        q: asked,
        ...(tells ? { tell: { more: Number(more), minutes: Number(minutes) } } : {}),
      }),
    ['/searches'],
  )
  return (
    <Dialog title="Save this question" onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={event => {
          event.preventDefault()
          save.mutate(undefined, { onSuccess: onClose })
        }}
      >
        <p className="font-mono text-sm break-all">{visible(asked)}</p>
        <Field
          label="Name"
          value={name}
          onChange={setName}
          required
          maxLength={64}
          hint="One of this name is replaced."
        />
        <label className="flex items-center gap-2">
          <input type="checkbox" checked={tells} onChange={event => setTells(event.target.checked)} />
          Tell people when many events answer
        </label>
        {tells && (
          <div className="grid grid-cols-2 gap-3">
            <Field label="More than" type="number" min={0} max={10_000} required value={more} onChange={setMore} />
            <Field
              label="in so many minutes"
              type="number"
              min={1}
              max={1_440}
              required
              value={minutes}
              onChange={setMinutes}
            />
          </div>
        )}
        {save.error !== null && <Failure error={save.error} />}
        <div className="flex justify-end">
          <Button kind="primary" type="submit" busy={save.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
