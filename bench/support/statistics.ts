/** Figures of rounds, as the tables show them. */
export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((x, y) => x - y)
  const at = (index: number): number => sorted[index] ?? Number.NaN
  return { min: at(0), median: at(sorted.length >> 1), max: at(sorted.length - 1) }
}

/** Three significant digits, plainly written. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return '-'
  const size = Math.abs(value)
  if (size >= 100) return value.toFixed(0)
  if (size >= 10) return value.toFixed(1)
  if (size >= 1) return value.toFixed(2)
  return value.toFixed(3)
}

export function shownSpread({ min, median, max }: Spread): string {
  return `${shown(min)} / **${shown(median)}** / ${shown(max)}`
}

/** A Markdown table, its columns aligned so that it reads well in a terminal, too. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, i) => Math.max(3, head.length, ...rows.map(row => row[i]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`
  return [line(heads), line(widths.map(width => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
