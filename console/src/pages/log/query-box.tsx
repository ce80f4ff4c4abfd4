/** The box for a question to the log: fields and values are completed, and what cannot be read is shown where it stands. */
import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef, useState } from 'react'
import { Button } from '../../components/button.tsx'
import { visible } from '../../components/visible.ts'
import { complete, type Completion, type Completions, readQuery } from './language.ts'

interface QueryBoxProps {
  /** The question that was asked. */
  readonly asked: string
  readonly onAsk: (text: string) => void
  readonly seen: (field: string) => readonly string[]
  readonly busy: boolean
}

const MAXIMUM = 4_096

export function QueryBox({ asked, onAsk, seen, busy }: QueryBoxProps) {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  /** Where the caret has to stand after what was chosen. */
  const wanted = useRef<number>(undefined)
  const [text, setText] = useState(asked)
  const [caret, setCaret] = useState(0)
  const [open, setOpen] = useState(false)
  const [active, setActive] = useState(-1)
  const [tried, setTried] = useState(asked)
  // What was asked elsewhere on the page, or by going back, stands in the box.
  useEffect(() => {
    setText(asked)
    setTried(asked)
  }, [asked])
  const { fault } = readQuery(text)
  const shown: Completions = open ? complete(text, caret, seen) : { from: 0, to: 0, options: [] }
  const isOpen = shown.options.length > 0
  const choose = ({ text: chosen }: Completion): void => {
    const next = `${text.slice(0, shown.from)}${chosen}${text.slice(shown.to).trimStart()}`
    const place = shown.from + chosen.length
    setText(next)
    setCaret(place)
    setActive(-1)
    wanted.current = place
  }
  // Before the next key is read: whoever types on quickly writes behind what was chosen.
  useLayoutEffect(() => {
    const place = wanted.current
    if (place === undefined) return
    wanted.current = undefined
    input.current?.focus()
    input.current?.setSelectionRange(place, place)
  })
  const ask = (): void => {
    setOpen(false)
    setTried(text)
    if (fault === undefined) onAsk(text.trim())
  }
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    const { key } = event
    const count = shown.options.length
    if ((key === 'ArrowDown' || key === 'ArrowUp') && isOpen) {
      setActive(now => (key === 'ArrowDown' ? (now + 1) % count : (now <= 0 ? count : now) - 1))
    } else if (key === 'ArrowDown') setOpen(true)
    else if (key === 'Escape' && isOpen) setOpen(false)
    else if (key === 'Enter' && isOpen && shown.options[active] !== undefined) choose(shown.options[active])
    else return
    event.preventDefault()
  }
  const isWrong = fault !== undefined && tried === text
  return (
    <form
      role="search"
      className="grid gap-1"
      onSubmit={event => {
        event.preventDefault()
        ask()
      }}
    >
      <label htmlFor={id} className="text-sm font-medium">
        Question to the log
      </label>
      <div className="flex gap-2 max-md:flex-col">
        <div className="relative min-w-0 flex-1">
          <input
            id={id}
            ref={input}
            role="combobox"
            aria-expanded={isOpen}
            aria-controls={`${id}-list`}
            aria-autocomplete="list"
            aria-activedescendant={isOpen && active >= 0 ? `${id}-${active}` : undefined}
            aria-invalid={isWrong}
            aria-describedby={`${id}-more`}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            maxLength={MAXIMUM}
            className="w-full rounded-lg border bg-surface px-3 py-2 font-mono aria-invalid:border-bad"
            placeholder="severity>=warning last 24h"
            value={text}
            onChange={event => {
              setText(event.target.value)
              setCaret(event.target.selectionStart ?? event.target.value.length)
              setOpen(true)
              setActive(-1)
            }}
            onSelect={event => setCaret(event.currentTarget.selectionStart ?? 0)}
            onKeyDown={onKeyDown}
            onBlur={() => setOpen(false)}
          />
          <div
            id={`${id}-list`}
            role="listbox"
            aria-label="What can stand here"
            hidden={!isOpen}
            className="absolute inset-x-0 top-full z-20 mt-1 max-h-72 overflow-y-auto rounded-lg border bg-raised py-1 shadow-xl"
          >
            {shown.options.map((option, index) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the box, whose list this is
              <div
                key={option.text}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === active}
                className={`flex cursor-pointer flex-wrap gap-x-3 px-3 py-1.5 ${index === active ? 'bg-accent-soft' : 'hover:bg-accent-soft'}`}
                onMouseDown={event => event.preventDefault()}
                onClick={() => choose(option)}
              >
                <span className="font-mono break-all">{visible(option.text)}</span>
                <span className="text-sm text-muted">{option.meaning}</span>
              </div>
            ))}
          </div>
        </div>
        <Button type="submit" kind="primary" busy={busy}>
          Search
        </Button>
      </div>
      <div id={`${id}-more`} className="min-h-5 text-sm">
        {isWrong ? (
          <Fault text={text} position={fault.position} message={fault.message} />
        ) : (
          <span className="text-muted">
            Words, fields such as extension:101, and a time. Arrow down shows what can stand here.
          </span>
        )}
      </div>
    </form>
  )
}

function Fault(props: { readonly text: string; readonly position: number; readonly message: string }) {
  const { text, position, message } = props
  const end = /^(?:"[^"]*"?|[^\s]+)?/.exec(text.slice(position))?.[0].length ?? 0
  return (
    <div role="alert" className="grid gap-1 text-bad">
      <span>It cannot be read {visible(message)}.</span>
      <code className="font-mono break-all whitespace-pre-wrap">
        {visible(text.slice(0, position))}
        <mark className="rounded bg-bad-soft px-0.5 text-bad underline decoration-wavy">
          {end === 0 ? '▮' : visible(text.slice(position, position + end))}
        </mark>
        {visible(text.slice(position + end))}
      </code>
    </div>
  )
}
