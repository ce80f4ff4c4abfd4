import { type ReactNode, useState } from 'react'
import { messageOf } from '../api/client.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { Field } from './field.tsx'

interface ConfirmProps {
  readonly title: string
  /** What will happen, in full. */
  readonly children: ReactNode
  readonly action: string
  readonly danger?: boolean
  /** A reason has to be given, and stands in the log. */
  readonly needsReason?: boolean
  readonly onConfirm: (reason: string) => Promise<unknown>
  readonly onClose: () => void
}

export function Confirm({
  title,
  children,
  action,
  danger = false,
  needsReason = false,
  onConfirm,
  onClose,
}: ConfirmProps) {
  const [reason, setReason] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="grid gap-2 text-muted">{children}</div>
      <form
        className="grid gap-4"
        onSubmit={async event => {
          event.preventDefault()
          setBusy(true)
          setProblem(undefined)
          try {
            await onConfirm(reason.trim())
            onClose()
          } catch (error) {
            setProblem(messageOf(error))
            setBusy(false)
          }
        }}
      >
        {needsReason && (
          <Field
            label="Reason"
            value={reason}
            onChange={setReason}
            required
            maxLength={500}
            hint="Stands in the log, beside your name."
          />
        )}
        {problem !== undefined && (
          <p role="alert" className="text-bad">
            {problem}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Leave it</Button>
          <Button
            type="submit"
            kind={danger ? 'danger' : 'primary'}
            busy={busy}
            disabled={needsReason && reason.trim() === ''}
          >
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
