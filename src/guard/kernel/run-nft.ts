/** Hands one transaction to nft: the program by its arguments, what it does over its input. */
import { spawn } from 'node:child_process'
import type { NftOutcome, RunNft } from './types.ts'

/** It takes 0.3 s for 100,000 elements. */
const MAXIMUM_MS = 20_000
const MAXIMUM_ERROR = 500
/** Nothing of ours is handed on, and nobody's folder is searched. */
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' }

export function createRunNft([program = 'nft', ...before]: readonly string[]): RunNft {
  return script =>
    new Promise(resolve => {
      const child = spawn(program, [...before, '-f', '-'], {
        env: ENVIRONMENT,
        stdio: ['pipe', 'ignore', 'pipe'],
        timeout: MAXIMUM_MS,
        killSignal: 'SIGKILL',
      })
      let said = ''
      child.stderr.setEncoding('utf8')
      child.stderr.on('data', (text: string) => {
        if (said.length < MAXIMUM_ERROR) said = (said + text).slice(0, MAXIMUM_ERROR)
      })
      child.on('error', error => resolve(failure(messageOf(error), true)))
      child.on('close', (code, signal) => {
        if (code === 0) resolve({ ok: true, unavailable: false, detail: '' })
        else resolve(outcomeOf(said, signal))
      })
      // It ended before it read all of it: `close` says why.
      child.stdin.on('error', () => undefined)
      feed(child.stdin, script[Symbol.iterator]())
    })
}

/** In pieces, as fast as they are taken: a hundred thousand elements are not spelled at once. */
function feed(input: NodeJS.WritableStream, pieces: Iterator<string>): void {
  for (let next = pieces.next(); next.done !== true; next = pieces.next()) {
    if (!input.write(next.value)) {
      input.once('drain', () => feed(input, pieces))
      return
    }
  }
  input.end()
}

function messageOf(error: Error): string {
  return 'code' in error && error.code === 'ENOENT' ? 'nft is not installed' : error.message
}

function outcomeOf(said: string, signal: string | null): NftOutcome {
  const text = said
    // oxlint-disable-next-line no-control-regex -- what a program says is shown in one line
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim()
  if (signal !== null) return failure(`nft was ended by ${signal} ${text}`.trim(), false)
  return failure(text === '' ? 'nft failed' : text, /not permitted|permission denied|not supported/i.test(text))
}

function failure(detail: string, unavailable: boolean): NftOutcome {
  return { ok: false, unavailable, detail }
}
