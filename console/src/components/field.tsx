import { type InputHTMLAttributes, type ReactNode, useId } from 'react'

interface FieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'value'> {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  /** What is wrong with it, and the fix. */
  readonly problem?: string | undefined
  readonly hint?: ReactNode
}

const BOX = 'w-full rounded-lg border bg-surface px-3 py-2 aria-invalid:border-bad'

export function Field({ label, value, onChange, problem, hint, className = '', ...rest }: FieldProps) {
  const id = useId()
  return (
    <Labelled id={id} label={label} problem={problem} hint={hint} className={className}>
      <input
        id={id}
        className={BOX}
        value={value}
        onChange={event => onChange(event.target.value)}
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-more`}
        {...rest}
      />
    </Labelled>
  )
}

interface ChoiceProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly options: readonly { readonly value: string; readonly label: string }[]
  readonly problem?: string | undefined
  readonly hint?: ReactNode
  readonly className?: string
}

export function Choice({ label, value, onChange, options, problem, hint, className = '' }: ChoiceProps) {
  const id = useId()
  return (
    <Labelled id={id} label={label} problem={problem} hint={hint} className={className}>
      <select
        id={id}
        className={BOX}
        value={value}
        onChange={event => onChange(event.target.value)}
        aria-describedby={`${id}-more`}
      >
        {options.map(option => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </Labelled>
  )
}

interface CheckProps {
  readonly label: ReactNode
  readonly checked: boolean
  readonly onChange: (checked: boolean) => void
}

export function Check({ label, checked, onChange }: CheckProps) {
  return (
    <label className="flex items-start gap-2">
      <input
        type="checkbox"
        className="mt-1 size-4 accent-(--accent)"
        checked={checked}
        onChange={event => onChange(event.target.checked)}
      />
      <span>{label}</span>
    </label>
  )
}

interface LabelledProps {
  readonly id: string
  readonly label: string
  readonly problem: string | undefined
  readonly hint: ReactNode
  readonly className: string
  readonly children: ReactNode
}

function Labelled({ id, label, problem, hint, className, children }: LabelledProps) {
  return (
    <div className={`grid content-start gap-1 ${className}`}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {children}
      <div id={`${id}-more`} className="text-sm">
        {problem !== undefined ? (
          <span role="alert" className="text-bad">
            {problem}
          </span>
        ) : (
          <span className="text-muted">{hint}</span>
        )}
      </div>
    </div>
  )
}
