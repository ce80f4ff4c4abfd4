import { LoaderCircle } from 'lucide-react'
import type { ButtonHTMLAttributes, ReactNode } from 'react'

interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'children'> {
  readonly kind?: 'primary' | 'secondary' | 'danger' | 'plain'
  readonly busy?: boolean
  readonly small?: boolean
  readonly children: ReactNode
}

const KINDS = {
  primary: 'bg-accent text-accent-ink hover:opacity-90',
  secondary: 'border bg-surface hover:bg-accent-soft',
  danger: 'border border-bad text-bad bg-surface hover:bg-bad-soft',
  plain: 'text-accent hover:bg-accent-soft',
} as const

export function Button({
  kind = 'secondary',
  busy = false,
  small = false,
  children,
  className = '',
  disabled,
  type = 'button',
  ...rest
}: ButtonProps) {
  const size = small ? 'px-2.5 py-1 text-sm' : 'px-4 py-2'
  return (
    <button
      type={type}
      className={`inline-flex items-center justify-center gap-2 rounded-lg font-medium whitespace-nowrap transition disabled:opacity-60 ${size} ${KINDS[kind]} ${className}`}
      disabled={disabled === true || busy}
      aria-busy={busy}
      {...rest}
    >
      {busy && <LoaderCircle size={16} className="animate-spin" aria-hidden />}
      {children}
    </button>
  )
}
