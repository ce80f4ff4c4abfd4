/** A message as text. What a stranger may have written into it breaks no line and makes no link. */
import type { AlertMessage, Notice } from './types.ts'

const MAXIMUM_VALUE = 300
const MAXIMUM_TITLE = 150

/** One line of bounded length, without control or invisible characters, and without a link. */
export function inert(text: string, maximum = MAXIMUM_VALUE): string {
  const line = text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim()
  const cut = line.length > maximum ? `${line.slice(0, maximum - 1)}…` : line
  return cut.replaceAll('://', '[:]//').replace(/\bwww\./gi, 'www[.]')
}

export function titleOf({ notice, more }: AlertMessage): string {
  const repeated = more === 0 ? '' : ` (and ${more} more)`
  return `[Ringfence] ${inert(notice.title, MAXIMUM_TITLE - repeated.length)}${repeated}`
}

/** What a message says, each under its heading, one line each. */
export function sectionsOf({ notice, more }: AlertMessage): readonly (readonly [heading: string, text: string])[] {
  const sections: (readonly [string, string | undefined])[] = [
    ['What happened', notice.happened],
    ['How often', more === 0 ? undefined : `${more} more since the message before; ringfence events shows each`],
    ['When', timeOf(notice.at)],
    ['Who', notice.who],
    ['What it cost so far', notice.cost],
    ['What was prevented', notice.prevented],
    ['What was done', notice.done],
    ['What you can do', notice.advice],
  ]
  return sections.flatMap(([heading, text]) => (text === undefined ? [] : [[heading, inert(text)] as const]))
}

export function textOf(message: AlertMessage): string {
  const { notice } = message
  const said = sectionsOf(message).map(([heading, text]) => `${heading}\n  ${text}\n`)
  return [...said, ...undoLines(notice), ...pageLines(notice), `Details\n${details(notice)}`].join('\n')
}

function undoLines({ undo }: Notice): readonly string[] {
  if (undo === undefined) return []
  return [`Was it in order? Take it back here, once, until ${timeOf(undo.until)}:\n  ${undo.url}\n`]
}

function pageLines({ page }: Notice): readonly string[] {
  return page === undefined ? [] : [`Say that you see to it, so that nobody else is told:\n  ${page}\n`]
}

function details(notice: Notice): string {
  const named = Object.entries({ event: notice.type, ...notice.details })
  return named.map(([name, value]) => `  ${inert(name, 64)}: ${inert(value)}\n`).join('')
}

/** `2026-11-22 14:03:07 UTC`: whoever reads it may be anywhere. */
export function timeOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
