/** A span of time as query languages write it: `5m`, `90s`. */
const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1_000, 's'],
] as const

export function spanText(milliseconds: number): string {
  const [length, unit] = UNITS.find(([each]) => milliseconds % each === 0) ?? UNITS[3]
  return `${Math.ceil(milliseconds / length)}${unit}`
}
