/** From which countries those came who were stopped; drawn from a map that comes with the page. */
import { geoCentroid, geoNaturalEarth1, geoPath } from 'd3-geo'
import { useEffect, useState } from 'react'
import { feature } from 'topojson-client'
import type { FirewallStatus } from '../../api/types.ts'
import { countryName, numericOf } from './countries.ts'

type Shape = { readonly id: string; readonly path: string; readonly centre: readonly [number, number] }

const WIDTH = 640
const HEIGHT = 320

let kept: readonly Shape[] | undefined

async function loadShapes(): Promise<readonly Shape[]> {
  if (kept !== undefined) return kept
  const { default: world } = await import('world-atlas/countries-110m.json')
  const countries = feature(
    world as never,
    (world as never as { objects: { countries: never } }).objects.countries,
  ) as unknown as GeoJSON.FeatureCollection
  const projection = geoNaturalEarth1().fitSize([WIDTH, HEIGHT], { type: 'Sphere' })
  const draw = geoPath(projection)
  kept = countries.features.map(each => ({
    id: String(each.id),
    path: draw(each) ?? '',
    centre: projection(geoCentroid(each)) ?? [0, 0],
  }))
  return kept
}

export function AttackMap({ sources }: { readonly sources: FirewallStatus['sources'] }) {
  const [shapes, setShapes] = useState<readonly Shape[]>([])
  useEffect(() => {
    loadShapes().then(setShapes, () => setShapes([]))
  }, [])
  const counts = new Map<string, number>()
  for (const { country, stopped } of sources)
    if (country !== null) counts.set(country, (counts.get(country) ?? 0) + stopped)
  const most = Math.max(1, ...counts.values())
  const byNumber = new Map([...counts].map(([code, count]) => [numericOf(code), { code, count }]))
  const text = [...counts].map(([code, count]) => `${countryName(code)} ${count}`).join(', ')
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      className="h-auto w-full"
      role="img"
      aria-label={`Stopped, by country: ${text === '' ? 'none known' : text}`}
    >
      {shapes.map(shape => (
        <path
          key={shape.id}
          d={shape.path}
          fill={byNumber.has(shape.id) ? 'var(--bad-soft)' : 'var(--line)'}
          stroke="var(--surface)"
          strokeWidth={0.5}
        />
      ))}
      {shapes.flatMap(shape => {
        const found = byNumber.get(shape.id)
        if (found === undefined) return []
        const radius = 4 + 14 * Math.sqrt(found.count / most)
        return [
          <circle
            key={`c${shape.id}`}
            cx={shape.centre[0]}
            cy={shape.centre[1]}
            r={radius}
            fill="var(--bad)"
            fillOpacity={0.55}
          >
            <title>{`${countryName(found.code)}: ${found.count}`}</title>
          </circle>,
        ]
      })}
    </svg>
  )
}
