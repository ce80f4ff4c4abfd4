/** The second factor once more, for a change that matters. */
import { startAuthentication } from '@simplewebauthn/browser'
import { KeyRound } from 'lucide-react'
import { useCallback, useEffect, useState } from 'react'
import { ApiError, messageOf, post } from './api/client.ts'
import { Button } from './components/button.tsx'
import { Dialog } from './components/dialog.tsx'
import { Field } from './components/field.tsx'

interface StepUpStart {
  readonly ceremony: string | null
  readonly options: never
  readonly totp: boolean
}

export function StepUp({ onDone }: { readonly onDone: (given: boolean) => void }) {
  const [start, setStart] = useState<StepUpStart>()
  const [code, setCode] = useState('')
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState<'passkey' | 'code'>()

  const begin = useCallback(() => {
    post<StepUpStart>('/session/step-up/begin').then(setStart, error => setProblem(messageOf(error)))
  }, [])
  useEffect(begin, [begin])

  const finish = async (how: 'passkey' | 'code', answer: () => Promise<unknown>): Promise<void> => {
    setBusy(how)
    setProblem(undefined)
    try {
      await post('/session/step-up/finish', await answer())
      onDone(true)
    } catch (error) {
      setProblem(problemOf(error))
      setBusy(undefined)
      setCode('')
      begin()
    }
  }

  return (
    <Dialog title="Confirm that it is you" onClose={() => onDone(false)}>
      <p className="text-muted">
        This change matters: give your second factor once more. It then counts for five minutes.
      </p>
      {start?.ceremony != null && (
        <Button
          kind="primary"
          busy={busy === 'passkey'}
          onClick={() =>
            void finish('passkey', async () => ({
              ceremony: start.ceremony,
              response: await startAuthentication({ optionsJSON: start.options }),
            }))
          }
        >
          <KeyRound size={18} aria-hidden /> Use your passkey
        </Button>
      )}
      {start?.totp === true && (
        <form
          className="grid gap-3 sm:grid-cols-[1fr_auto] sm:items-end"
          onSubmit={event => {
            event.preventDefault()
            void finish('code', async () => ({ code: code.replace(/\s/g, '') }))
          }}
        >
          <Field
            label="Code of your authenticator"
            value={code}
            onChange={setCode}
            inputMode="numeric"
            autoComplete="one-time-code"
            maxLength={16}
            required
          />
          <Button kind={start.ceremony === null ? 'primary' : 'secondary'} type="submit" busy={busy === 'code'}>
            Confirm
          </Button>
        </form>
      )}
      {problem !== undefined && (
        <p role="alert" className="text-bad">
          {problem}
        </p>
      )}
    </Dialog>
  )
}

function problemOf(error: unknown): string {
  if (error instanceof ApiError) return messageOf(error)
  return 'No passkey was used. Try again, or close this: nothing is changed.'
}
