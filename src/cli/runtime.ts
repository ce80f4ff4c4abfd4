/** Which Node.js releases may run the server: the pinned one, and newer ones that still get security fixes. */
import { CommandError } from './errors.ts'

/** As `engines.node` in package.json. */
export const MINIMUM_RELEASE = '24.15.0'
/** The release that the package pins as a dependency. */
export const PINNED_RELEASE = '26.10.0'

/** Last day of security fixes, from the release plan of Node.js. Odd releases never get long support. */
const SUPPORTED_UNTIL: Readonly<Record<number, string>> = { 24: '2028-04-30', 26: '2029-04-30' }

/** Why this release (`v20.19.2`) cannot run us, with what to do; undefined when it can. */
export function unsupportedRuntime(version: string): CommandError | undefined {
  if (compare(version, MINIMUM_RELEASE) >= 0) return undefined
  const text =
    `Node.js ${version} is not supported: ${MINIMUM_RELEASE} or newer is needed. ` +
    `"npm ci" in the project's folder brings Node.js ${PINNED_RELEASE}; then start it with bin/ringfence or npm start`
  return new CommandError('COMMAND_RUNTIME', text)
}

/** The last day of security fixes as ISO date, or undefined where it is not known. */
export function supportedUntil(version: string): string | undefined {
  return SUPPORTED_UNTIL[Number(parts(version)[0])]
}

function compare(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)]
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function parts(version: string): number[] {
  return version
    .replace(/^v/, '')
    .split(/[.-]/)
    .map(part => Number.parseInt(part, 10) || 0)
}
