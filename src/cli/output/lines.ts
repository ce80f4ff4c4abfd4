/** Settings of one thing for a terminal: a label and its value on each line. */
import type { Cell, Painter } from './text.ts'
import { printable } from './text.ts'

export type Line = readonly [label: string, value: string | Cell]

export function formatLines(lines: readonly Line[], paint: Painter): string {
  const width = Math.max(...lines.map(([label]) => label.length)) + 2
  return lines
    .map(([label, value]) => {
      if (typeof value === 'string') return `${label.padEnd(width)}${printable(value, 1_000)}\n`
      const text = printable(value.text, 1_000)
      return `${label.padEnd(width)}${value.style === undefined ? text : paint(value.style, text)}\n`
    })
    .join('')
}
