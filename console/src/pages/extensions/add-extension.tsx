/** From a number and a name to a phone that rings: three steps, the last one waits for the phone. */
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiError, post } from '../../api/client.ts'
import type { DeviceCredentials, Extension } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { Failure } from '../../components/parts.tsx'
import { useChange } from '../../hooks/use-api.ts'
import { PhoneSetup } from './phone-setup.tsx'

export function AddExtension({ onClose }: { readonly onClose: () => void }) {
  const [number, setNumber] = useState('')
  const [name, setName] = useState('')
  const [credentials, setCredentials] = useState<DeviceCredentials>()
  const change = useChange(
    async (input: { readonly number: string; readonly name: string }) => {
      await post<Extension>('/extensions', input)
      return post<DeviceCredentials>('/devices', { extension: input.number, label: 'First phone' })
    },
    ['/extensions', '/devices', '/status'],
  )
  const problem = (field: string): string | undefined => {
    if (!(change.error instanceof ApiError)) return undefined
    const { code, detail } = change.error.problem
    if (field === 'number' && /NUMBER|EXTENSION_EXISTS/.test(code)) return detail
    if (field === 'name' && /NAME/.test(code)) return detail
    return change.error.field(field)
  }
  const isNamed = problem('number') !== undefined || problem('name') !== undefined
  if (credentials !== undefined) {
    return (
      <Dialog title={`Connect the phone of ${number}`} onClose={onClose} wide>
        <PhoneSetup credentials={credentials} />
        <div className="flex justify-between gap-2">
          <Link to="/extensions/$number" params={{ number }} className="self-center text-accent underline">
            To the extension
          </Link>
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        </div>
      </Dialog>
    )
  }
  return (
    <Dialog title="Add an extension" onClose={onClose}>
      <form
        className="grid gap-3"
        onSubmit={event => {
          event.preventDefault()
          change.mutateAsync({ number: number.trim(), name: name.trim() }).then(
            made => setCredentials(made as DeviceCredentials),
            () => undefined,
          )
        }}
      >
        <Field
          label="Number"
          value={number}
          onChange={setNumber}
          required
          problem={problem('number')}
          hint="What colleagues dial; for example 101."
        />
        <Field
          label="Name"
          value={name}
          onChange={setName}
          required
          problem={problem('name')}
          hint="Shown on the phones that it calls; for example Front desk."
        />
        {change.error !== null && !isNamed && <Failure error={change.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Leave it</Button>
          <Button kind="primary" type="submit" busy={change.isPending}>
            Add it, and a phone
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
