/** The result of a question as a file, with how far it is and a way to stop. */
import { useRef, useState } from 'react'
import { messageOf } from '../../api/client.ts'
import { MAXIMUM_READ, readAll } from '../../api/read-all.ts'
import type { LoggedEvent } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { saveEvents } from './save.ts'

export function SaveResult({ path, enabled }: { readonly path: string; readonly enabled: boolean }) {
  const [read, setRead] = useState<number>()
  const [problem, setProblem] = useState<string>()
  const stop = useRef<AbortController>(undefined)
  const save = async (form: 'csv' | 'jsonl'): Promise<void> => {
    const abort = new AbortController()
    stop.current = abort
    setRead(0)
    setProblem(undefined)
    try {
      const all = await readAll<LoggedEvent>(path, abort.signal, items => {
        setRead(items.length)
        return true
      })
      saveEvents(form, all)
      if (all.length === MAXIMUM_READ) setProblem(`Only the newest ${MAXIMUM_READ} were saved: ask for less time.`)
    } catch (error) {
      if (!abort.signal.aborted) setProblem(messageOf(error))
    } finally {
      setRead(undefined)
    }
  }
  if (read !== undefined) {
    return (
      <span className="flex items-center gap-3">
        <span role="status" className="text-muted">
          {read} events read …
        </span>
        <Button onClick={() => stop.current?.abort()}>Stop</Button>
      </span>
    )
  }
  return (
    <>
      {problem !== undefined && (
        <span role="alert" className="self-center text-bad">
          {problem}
        </span>
      )}
      <Button disabled={!enabled} onClick={() => void save('csv')}>
        Save as CSV
      </Button>
      <Button disabled={!enabled} onClick={() => void save('jsonl')}>
        Save as JSON lines
      </Button>
    </>
  )
}
