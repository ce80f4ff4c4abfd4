/** A reporter for `node --test`: what failed and what was skipped, and the sums, as one JSON line each. */
import { relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'

export type ReportLine =
  | { readonly kind: 'failed'; readonly file: string; readonly name: string; readonly error: string }
  | { readonly kind: 'skipped'; readonly file: string; readonly name: string; readonly reason: string }
  | { readonly kind: 'summary'; readonly passed: number; readonly failed: number; readonly skipped: number }

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    const line = lineOf(event)
    if (line !== undefined) yield `@report ${JSON.stringify(line)}\n`
    // What tests and their servers print goes through, and shows where a failure is not explained.
    else if (event.type === 'test:stdout' || event.type === 'test:stderr') yield event.data.message
  }
}

function lineOf(event: TestEvent): ReportLine | undefined {
  if (event.type === 'test:fail') {
    const { details, name, file } = event.data
    // A parent fails with its child: the child has said why.
    if ((details.error as { failureType?: string }).failureType === 'subtestsFailed') return undefined
    return { kind: 'failed', file: place(file), name, error: explain(details.error) }
  }
  if (event.type === 'test:pass' && event.data.skip !== undefined && event.data.skip !== false) {
    const { skip, name, file } = event.data
    return { kind: 'skipped', file: place(file), name, reason: skip === true ? 'without a reason' : skip }
  }
  if (event.type === 'test:summary' && event.data.file === undefined) {
    const { tests, passed, skipped, todo } = event.data.counts
    return { kind: 'summary', passed, failed: tests - passed - skipped - todo, skipped }
  }
  return undefined
}

function place(file: string | undefined): string {
  return file === undefined ? '?' : relative(process.cwd(), file)
}

function explain(error: Error): string {
  const cause = error.cause instanceof Error ? error.cause : error
  return (cause.stack ?? inspect(cause)).slice(0, 4_000)
}
