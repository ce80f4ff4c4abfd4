/** A small SVG: lines of cost over a logarithmic count. */
export interface Series {
  readonly name: string
  readonly colour: string
  /** Count and milliseconds. */
  readonly points: readonly (readonly [number, number])[]
}

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [560, 260, 60, 40, 34]

export function plot(title: string, unit: string, all: readonly Series[]): string {
  const points = all.flatMap(series => series.points)
  const [least, most] = [Math.min(...points.map(([x]) => x)), Math.max(...points.map(([x]) => x))]
  const highest = Math.max(...points.map(([, y]) => y)) * 1.15
  const x = (count: number): number =>
    LEFT + ((WIDTH - LEFT - 20) * Math.log(count / least)) / Math.max(1e-9, Math.log(most / least))
  const y = (value: number): number => HEIGHT - BOTTOM - ((HEIGHT - BOTTOM - TOP) * value) / highest
  const text = (at: readonly [number, number], what: string, more = ''): string =>
    `<text x="${at[0].toFixed(0)}" y="${at[1].toFixed(0)}" ${more}>${what}</text>`
  const counts = [...new Set(points.map(([count]) => count))]
  const lines = all.map(({ colour, points: own }) => {
    const path = own.map(([count, value]) => `${x(count).toFixed(1)},${y(value).toFixed(1)}`).join(' ')
    const dots = path.split(' ').map(each => {
      const [cx, cy] = each.split(',')
      return `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`
    })
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    text([LEFT, 16], title, 'font-weight="bold"'),
    ...all.map(({ name, colour }, i) => text([WIDTH - 200 + i * 90, 16], name, `fill="${colour}"`)),
    `<path d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - 20}" stroke="#888" fill="none"/>`,
    ...[0, highest / 2, highest].map(value => text([4, y(value) + 4], `${value.toFixed(2)} ${unit}`)),
    ...counts.map(count => text([x(count), HEIGHT - 16], String(count), 'text-anchor="middle"')),
    ...lines,
    '</svg>',
    '',
  ].join('\n')
}
