import { useState } from 'react'
import { Button } from './button.tsx'
import { Check } from './field.tsx'

/** Shown once. */
export function RecoveryCodes({ codes, onDone }: { readonly codes: readonly string[]; readonly onDone: () => void }) {
  const [kept, setKept] = useState(false)
  const save = (): void => {
    const url = URL.createObjectURL(new Blob([`${codes.join('\n')}\n`], { type: 'text/plain' }))
    const link = document.createElement('a')
    link.href = url
    link.download = 'recovery-codes.txt'
    link.click()
    URL.revokeObjectURL(url)
  }
  return (
    <div className="grid gap-4">
      <p className="text-muted">
        Should you lose your authenticator: each of these stands in for it once, together with your password, and lets
        you set up a new one. Print them or put them into your password manager. They are not shown again.
      </p>
      <ul className="grid grid-cols-1 gap-2 rounded-xl border p-4 font-mono sm:grid-cols-2" aria-label="Recovery codes">
        {codes.map(code => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <Button onClick={save}>Save as a file</Button>
        <Check label="I have kept them" checked={kept} onChange={setKept} />
        <Button kind="primary" disabled={!kept} onClick={onDone}>
          Go on
        </Button>
      </div>
    </div>
  )
}
