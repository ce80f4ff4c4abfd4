/** What PostgreSQL says on its error output: into our log, and the line by which it says that it is ready. */
import type { Readable } from 'node:stream'
import type { Logger } from '../../base/logger.ts'

const MAXIMUM_LINE = 2_000
const KEPT_LINES = 10

export interface ServerLog {
  readonly ready: Promise<void>
  /** The newest lines that are not mere notices, for an error message. */
  lastLines(): readonly string[]
}

export function createServerLog(output: Readable, logger: Logger): ServerLog {
  const ready = Promise.withResolvers<void>()
  const last: string[] = []
  let rest = ''
  const line = (text: string): void => {
    if (text.includes('database system is ready to accept connections')) ready.resolve()
    // What the server says to each connection that is still open when we stop it.
    if (text.includes('due to administrator command')) logger.debug({ postgres: text }, 'database')
    else if (/^(FATAL|PANIC)/.test(text)) logger.error({ postgres: text }, 'database')
    else if (/^(WARNING|ERROR)/.test(text)) logger.warn({ postgres: text }, 'database')
    else logger.debug({ postgres: text }, 'database')
    last.push(text)
    if (last.length > KEPT_LINES) last.shift()
  }
  output.setEncoding('utf8')
  output.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = (lines.pop() ?? '').slice(-MAXIMUM_LINE)
    for (const text of lines) line(text.slice(0, MAXIMUM_LINE))
  })
  output.on('error', () => undefined)
  return {
    ready: ready.promise,
    lastLines: () => {
      const telling = last.filter(text => !text.startsWith('LOG'))
      return telling.length > 0 ? telling : [...last, rest]
    },
  }
}
