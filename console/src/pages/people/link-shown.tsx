import { useState } from 'react'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { formatTime } from '../../components/format.tsx'
import { Notice } from '../../components/parts.tsx'

export interface Link {
  readonly email: string
  readonly url: string
  readonly expiresAt: number
}

export function LinkShown({ link, onClose }: { readonly link: Link; readonly onClose: () => void }) {
  const [copied, setCopied] = useState(false)
  return (
    <Dialog title={`The link for ${link.email}`} onClose={onClose}>
      <Notice tone="warn">
        It works once, until {formatTime(link.expiresAt)}, and is not shown again. Hand it over in a way that only they
        read.
      </Notice>
      <code className="rounded-lg border p-3 font-mono text-sm break-all">{link.url}</code>
      <div className="flex justify-end gap-2">
        <Button onClick={() => void navigator.clipboard.writeText(link.url).then(() => setCopied(true))}>
          {copied ? 'Copied' : 'Copy'}
        </Button>
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  )
}
