/** Text for a terminal: what strangers wrote is made harmless, columns line up, colours only where they are wanted. */
import { styleText } from 'node:util'

export type Style = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold'
export type Painter = (style: Style, text: string) => string

export function createPainter(coloured: boolean): Painter {
  return (style, text) => (coloured ? styleText(style, text, { validateStream: false }) : text)
}

/** Without control characters, so that a phone's name cannot steer the operator's terminal; at most `limit` characters. */
export function printable(text: string, limit = 200): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '·')
  const points = [...clean]
  return points.length <= limit ? clean : `${points.slice(0, limit - 1).join('')}…`
}

export function countOf(count: number, noun: string): string {
  return `${count === 0 ? 'no' : count} ${noun}${count === 1 ? '' : 's'}`
}

export interface Cell {
  readonly text: string
  readonly style?: Style
}

/** Columns as wide as their longest cell, two spaces apart; the header in bold. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly (Cell | string)[])[],
  paint: Painter,
): string {
  const cells = rows.map(row => row.map(cell => (typeof cell === 'string' ? { text: printable(cell) } : cell)))
  const widths = header.map((title, column) =>
    Math.max(width(title), ...cells.map(row => width(row[column]?.text ?? ''))),
  )
  const line = (row: readonly Cell[]): string =>
    row
      .map(({ text, style }, column) => {
        const last = column === header.length - 1
        const padded = last ? text : text + ' '.repeat(widths[column]! - width(text))
        return style === undefined ? padded : paint(style, padded)
      })
      .join('  ')
      .trimEnd()
  const head: Cell[] = header.map(text => ({ text, style: 'bold' }))
  return `${[head, ...cells].map(line).join('\n')}\n`
}

/** Columns of a terminal that the text takes: wide characters take two, combining ones none. */
function width(text: string): number {
  let columns = 0
  for (const character of text) {
    if (/\p{Mn}|\p{Me}/u.test(character)) continue
    columns += isWide(character.codePointAt(0)!) ? 2 : 1
  }
  return columns
}

function isWide(point: number): boolean {
  return (
    (point >= 0x1100 && point <= 0x115f) ||
    (point >= 0x2e80 && point <= 0xa4cf) ||
    (point >= 0xac00 && point <= 0xd7a3) ||
    (point >= 0xf900 && point <= 0xfaff) ||
    (point >= 0xfe30 && point <= 0xfe6f) ||
    (point >= 0xff00 && point <= 0xff60) ||
    (point >= 0x1f300 && point <= 0x1faff) ||
    (point >= 0x20000 && point <= 0x3fffd)
  )
}
