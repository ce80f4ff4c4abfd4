import { useState } from 'react'
import { messageOf } from '../../api/client.ts'
import { Button } from '../../components/button.tsx'
import { agentName } from '../../components/agent-name.ts'
import { Dialog } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'

interface AddPasskeyProps {
  readonly onAdd: (label: string) => Promise<unknown>
  readonly onClose: () => void
}

export function AddPasskey({ onAdd, onClose }: AddPasskeyProps) {
  const [label, setLabel] = useState(() => agentName(navigator.userAgent))
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  return (
    <Dialog title="Add a passkey" onClose={onClose}>
      <p className="text-muted">
        Your browser asks for the finger, face or PIN of this device, or for a security key. Nothing secret leaves it.
      </p>
      <form
        className="grid gap-4"
        onSubmit={event => {
          event.preventDefault()
          setBusy(true)
          setProblem(undefined)
          onAdd(label.trim()).then(onClose, (error: unknown) => {
            setProblem(messageOf(error))
            setBusy(false)
          })
        }}
      >
        <Field
          label="Its name"
          value={label}
          onChange={setLabel}
          maxLength={64}
          required
          hint="So that you know it in a list of several."
        />
        {problem !== undefined && (
          <p role="alert" className="text-bad">
            {problem}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Leave it</Button>
          <Button kind="primary" type="submit" busy={busy}>
            Create the passkey
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
