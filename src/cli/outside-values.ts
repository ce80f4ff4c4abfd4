/** Values of options about the way to the outside: read, or refused with an example. */
import { readFileSync } from 'node:fs'
import { parseTarget, TARGET_EXAMPLES } from '../api/target-text.ts'
import { CommandError } from './errors.ts'

const MAXIMUM_FILE = 16_384

export function usage(option: string, text: string, wrong: string): CommandError {
  return new CommandError('COMMAND_USAGE', `${option} ${text}: ${wrong}`)
}

/** For options that may be given several times, or once with commas between. */
export function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), ...readList(text)]
}

/** `none` is the empty list. */
export function readList(text: string): readonly string[] {
  return text === 'none'
    ? []
    : text
        .split(',')
        .map(each => each.trim())
        .filter(each => each !== '')
}

/** `none` takes the value away. */
export function orNone(text: string): string | null {
  return text === 'none' ? null : text
}

export function readTarget(option: string, text: string): string {
  if (parseTarget(text) !== undefined) return text
  throw usage(option, text, `is no place for a call; use one of ${TARGET_EXAMPLES}`)
}

/** As `readTarget`; `none` and `off` are no target. */
export function readTargetOrNone(option: string, text: string): string | null {
  return text === 'none' || text === 'off' ? null : readTarget(option, text)
}

/** A number with its country code; spaces, dots, dashes, slashes and brackets that people write are left out. */
export function readE164(what: string, text: string): string {
  const number = text.replace(/[\s./()-]/g, '')
  if (/^\+[1-9]\d{1,14}$/.test(number)) return number
  throw usage(what, text, 'is no number with its country code; for example +493012345678')
}

export function readWhole(option: string, text: string, from: number, to: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= from && value <= to) return value
  throw usage(option, text, `is not a whole number from ${from} to ${to}`)
}

export function readPositive(option: string, text: string, to: number): number {
  const value = /^\d{1,9}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN
  if (value > 0 && value <= to) return value
  throw usage(option, text, `is not a number above 0, at most ${to}`)
}

/** Text of a small file. */
export function readTextFile(option: string, path: string): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw new CommandError('COMMAND_FILE', `${option} ${path}: cannot be read: ${(error as Error).message}`)
  }
  if (bytes.length > MAXIMUM_FILE) {
    throw new CommandError('COMMAND_FILE', `${option} ${path}: is longer than ${MAXIMUM_FILE} bytes`)
  }
  return bytes.toString('utf8')
}
