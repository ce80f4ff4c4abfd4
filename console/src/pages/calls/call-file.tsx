/** Calls as a file: those on the screen, or all of last month. */
import { useRef, useState } from 'react'
import { messageOf } from '../../api/client.ts'
import { readAll } from '../../api/read-all.ts'
import type { PastCall } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { saveCsv } from '../../components/save-csv.ts'
import { causeText, protectionOf } from './call-text.ts'
import { directionOf, lastMonth } from './filters.ts'

const HEAD = ['from', 'to', 'started', 'answered', 'ended', 'how it ended', 'protection', 'direction', 'trunk', 'id']

export function CallFiles({ shown }: { readonly shown: readonly PastCall[] }) {
  const [read, setRead] = useState<number>()
  const [problem, setProblem] = useState<string>()
  const stop = useRef<AbortController>(undefined)
  const saveMonth = async (): Promise<void> => {
    const { from, until } = lastMonth(Date.now())
    const abort = new AbortController()
    stop.current = abort
    setRead(0)
    setProblem(undefined)
    try {
      const all = await readAll<PastCall>('/calls', abort.signal, calls => {
        setRead(calls.length)
        return (calls.at(-1)?.startedAt ?? 0) >= from
      })
      const wanted = all.filter(call => call.startedAt >= from && call.startedAt < until)
      const { year, month } = { year: new Date(from).getFullYear(), month: new Date(from).getMonth() + 1 }
      saveCsv(`calls-${year}-${String(month).padStart(2, '0')}.csv`, HEAD, wanted.map(row))
      if (wanted.length === 0) setProblem('There were no calls last month: the file has its heading only.')
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
          {read} calls read …
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
      <Button onClick={() => saveCsv('calls.csv', HEAD, shown.map(row))}>Save as CSV</Button>
      <Button onClick={() => void saveMonth()}>Save last month</Button>
    </>
  )
}

function row(call: PastCall): readonly string[] {
  const time = (at: number | undefined): string => (at === undefined ? '' : new Date(at).toISOString())
  return [
    call.from,
    call.to,
    time(call.startedAt),
    time(call.answeredAt),
    time(call.endedAt),
    causeText(call),
    protectionOf(call),
    directionOf(call),
    call.legs.flatMap(leg => leg.trunk ?? []).join(' '),
    call.id,
  ]
}
