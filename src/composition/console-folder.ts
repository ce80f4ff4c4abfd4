/** Where the built console is: beside the packaged server, or in the working tree. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

export function consoleFolder(): string | undefined {
  const places = [join(import.meta.dirname, '..', 'console'), join(import.meta.dirname, '..', '..', 'console', 'dist')]
  return places.find(place => existsSync(join(place, 'index.html')))
}
