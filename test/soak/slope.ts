/** A straight line through figures by least squares: how fast something grows, and how sure that is. */

export interface Slope {
  /** Per unit of x. */
  readonly slope: number
  /** Standard error of the slope. */
  readonly error: number
  readonly first: number
  readonly last: number
  readonly maximum: number
}

export function slopeOf(points: readonly (readonly [x: number, y: number])[]): Slope {
  const n = points.length
  if (n < 3) throw new RangeError('a slope needs three points')
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / n
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / n
  let xx = 0
  let xy = 0
  for (const [x, y] of points) {
    xx += (x - meanX) ** 2
    xy += (x - meanX) * (y - meanY)
  }
  const slope = xx === 0 ? 0 : xy / xx
  let rest = 0
  for (const [x, y] of points) rest += (y - meanY - slope * (x - meanX)) ** 2
  return {
    slope,
    error: xx === 0 ? 0 : Math.sqrt(rest / (n - 2) / xx),
    first: points[0]![1],
    last: points[n - 1]![1],
    maximum: Math.max(...points.map(([, y]) => y)),
  }
}

/** `+12.3 ± 4.5 kB/h` */
export function slopeText({ slope, error }: Slope, unit: string, digits = 1): string {
  return `${slope < 0 ? '-' : '+'}${Math.abs(slope).toFixed(digits)} ± ${error.toFixed(digits)} ${unit}`
}
