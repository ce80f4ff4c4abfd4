/** A password from a terminal without showing it, or from what is piped in. Never from the command line: other users see that. */
import { CommandError } from './errors.ts'
import type { Output } from './ports.ts'

const MAXIMUM = 1_024
const PIPE_WAIT_MS = 10_000
const INTERRUPT = '\u0003'
const END_OF_INPUT = '\u0004'

export type SecretSource = NodeJS.ReadableStream & {
  readonly isTTY?: boolean | undefined
  setRawMode?(raw: boolean): unknown
}

/** One line, without its end. Throws CommandError. */
export async function readPassword(prompt: string, source: SecretSource, terminal: Output): Promise<string> {
  const text = source.isTTY === true ? await ask(prompt, source, terminal) : await firstLine(source)
  if (text !== '') return text
  throw new CommandError('COMMAND_USAGE', 'no password was given: type it, pipe it in, or name a --password-file')
}

function ask(prompt: string, source: SecretSource, terminal: Output): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let text = ''
  const onData = (chunk: string | Buffer): void => {
    for (const character of chunk.toString()) {
      // What comes after the end of the line changes nothing any more: the promise keeps its first outcome.
      if (character === INTERRUPT) reject(new CommandError('COMMAND_FAILED', 'interrupted'))
      else if (character === '\r' || character === '\n' || character === END_OF_INPUT) resolve(text)
      else if (character === '\u007f' || character === '\b') text = text.slice(0, -1)
      else if (text.length < MAXIMUM) text += character
    }
  }
  terminal.write(prompt)
  source.setEncoding('utf8')
  source.setRawMode?.(true)
  source.on('data', onData)
  source.resume()
  return promise.finally(() => {
    source.off('data', onData)
    source.setRawMode?.(false)
    source.pause()
    terminal.write('\n')
  })
}

function firstLine(source: SecretSource): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let text = ''
  const settle = (): void => resolve(text.split(/\r?\n/, 1)[0] ?? '')
  const onData = (chunk: string | Buffer): void => {
    text += chunk.toString()
    if (text.includes('\n') || text.length > MAXIMUM) settle()
  }
  const limit = setTimeout(() => {
    const message = `no password came within ${PIPE_WAIT_MS / 1_000} s; pipe it in, or name a --password-file`
    reject(new CommandError('COMMAND_USAGE', message))
  }, PIPE_WAIT_MS)
  source.setEncoding('utf8')
  source.on('data', onData)
  source.on('end', settle)
  source.on('error', settle)
  source.resume()
  return promise.finally(() => {
    clearTimeout(limit)
    source.off('data', onData)
    source.pause()
  })
}
