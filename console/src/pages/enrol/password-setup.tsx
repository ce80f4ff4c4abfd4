import { useState } from 'react'
import { ApiError } from '../../api/client.ts'
import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { Failure } from '../../components/parts.tsx'

interface PasswordSetupProps {
  /** SVG. */
  readonly qr: string
  readonly secret: string
  readonly onSubmit: (password: string, code: string) => Promise<void>
  readonly onBack: () => void
}

/** A password and an authenticator, which exist only together. */
export function PasswordSetup({ qr, secret, onSubmit, onBack }: PasswordSetupProps) {
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const problem = (field: string) => (error instanceof ApiError ? error.field(field) : undefined)
  const isNamed = problem('password') !== undefined || problem('code') !== undefined
  return (
    <form
      className="grid gap-5"
      onSubmit={async event => {
        event.preventDefault()
        setBusy(true)
        setError(undefined)
        await onSubmit(password, code).catch(setError)
        setBusy(false)
      }}
    >
      <Field
        label="1. A password"
        type="password"
        value={password}
        onChange={setPassword}
        autoComplete="new-password"
        minLength={12}
        required
        problem={problem('password')}
        hint="At least 12 characters. Four words that have nothing to do with each other are good."
      />
      <div className="grid gap-3 sm:grid-cols-[auto_1fr]">
        <img
          src={`data:image/svg+xml,${encodeURIComponent(qr)}`}
          alt="QR code for the authenticator"
          className="size-44 rounded-lg bg-white p-2 max-sm:order-2"
        />
        <div className="grid content-start gap-2">
          <p className="text-sm font-medium">2. An authenticator</p>
          <p className="text-muted">Scan this with the app on your mobile phone. Or type the key:</p>
          <code className="rounded bg-canvas p-2 font-mono text-sm break-all">
            {secret.replace(/(.{4})(?=.)/g, '$1 ')}
          </code>
        </div>
      </div>
      <Field
        label="3. The six digits that it shows"
        value={code}
        onChange={setCode}
        inputMode="numeric"
        autoComplete="one-time-code"
        required
        problem={problem('code')}
        className="sm:max-w-60"
      />
      {error !== undefined && !isNamed && <Failure error={error} />}
      <div className="flex justify-between gap-2">
        <Button onClick={onBack}>Back</Button>
        <Button kind="primary" type="submit" busy={busy}>
          Done
        </Button>
      </div>
    </form>
  )
}
