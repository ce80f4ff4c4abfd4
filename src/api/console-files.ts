/** The web console from its built files: each in memory, compressed when it was built, under a policy that lets no script in but its own. */
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'

export interface ConsoleFiles {
  /** False: neither a file of the console nor one of its pages. */
  readonly route: (request: IncomingMessage, response: ServerResponse) => boolean
}

type Coding = 'br' | 'gzip' | 'identity'

interface KeptFile {
  readonly type: string
  readonly etag: string
  /** Those that there are; `identity` always. */
  readonly bodies: ReadonlyMap<Coding, Buffer>
  /** Its name changes with its content. */
  readonly immutable: boolean
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
}
const MAXIMUM_BYTES = 32 * 1_048_576
/** Pages of the console: what is not one of them is not found, and no copy of the first page. */
const PAGES =
  /^\/(?:|sign-in|enrol|calls(?:\/[\w-]{1,64})?|extensions(?:\/[\w.%-]{1,96})?|trunks|fraud|alerts|firewall|log|people|settings|report|security|me)$/

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

const HEADERS: Readonly<Record<string, string>> = {
  'strict-transport-security': 'max-age=31536000',
  'content-security-policy': POLICY,
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=()',
}

const MISSING = `<!doctype html><html lang="en"><meta charset="utf-8"><title>No console</title>
<h1>The console was not built</h1>
<p>The phone system runs, and the commands do everything. To have the console: stop it, run <code>npm run build:console</code>
in its folder, and start it again.</p></html>`

/** `folder`: undefined, or without a first page: an honest page instead. Throws where the files are more than 32 MB. */
export function createConsoleFiles(folder: string | undefined, isOwnHost: (host: string) => boolean): ConsoleFiles {
  const files = folder === undefined ? new Map<string, KeptFile>() : readFiles(folder)
  return {
    route(request, response) {
      if (request.method !== 'GET' && request.method !== 'HEAD') return false
      const host = (request.headers.host ?? '')
        .replace(/:\d+$/, '')
        .replace(/^\[|\]$/g, '')
        .toLowerCase()
      // A stranger's name for this machine gets nothing: its pages could not be told from ours.
      if (!isOwnHost(host)) return false
      const path = (request.url ?? '').split('?')[0]!
      const isPage = PAGES.test(path)
      const file = isPage ? files.get('/index.html') : files.get(path)
      if (file === undefined) return isPage ? sendMissing(request, response) : false
      return send(request, response, file)
    },
  }
}

function send(request: IncomingMessage, response: ServerResponse, file: KeptFile): boolean {
  const coding = codingOf(String(request.headers['accept-encoding'] ?? ''), file)
  const body = file.bodies.get(coding)!
  // Each coding is a representation of its own (RFC 9110 §8.8.3.3).
  const etag = `"${file.etag}-${coding}"`
  const headers = {
    ...HEADERS,
    'content-type': file.type,
    etag,
    vary: 'accept-encoding',
    'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    ...(coding === 'identity' ? {} : { 'content-encoding': coding }),
  }
  const known = String(request.headers['if-none-match'] ?? '').split(',', 64)
  if (known.some(each => each.trim().replace(/^W\//, '') === etag)) {
    response.writeHead(304, headers)
    response.end()
    return true
  }
  response.writeHead(200, { ...headers, 'content-length': body.length })
  response.end(request.method === 'HEAD' ? undefined : body)
  return true
}

/** RFC 9110 §12.5.3, with our own order where several are welcome. */
function codingOf(accepted: string, { bodies }: KeptFile): Coding {
  const welcome = new Set<string>()
  for (const each of accepted.toLowerCase().split(',', 32)) {
    const [name = '', ...parameters] = each.split(';').map(part => part.trim())
    if (!parameters.some(parameter => /^q=0(\.0*)?$/.test(parameter))) welcome.add(name)
  }
  return (['br', 'gzip'] as const).find(coding => welcome.has(coding) && bodies.has(coding)) ?? 'identity'
}

function sendMissing(request: IncomingMessage, response: ServerResponse): boolean {
  const length = Buffer.byteLength(MISSING)
  response.writeHead(503, { ...HEADERS, 'content-type': TYPES['.html']!, 'content-length': length })
  response.end(request.method === 'HEAD' ? undefined : MISSING)
  return true
}

function readFiles(folder: string): Map<string, KeptFile> {
  const files = new Map<string, KeptFile>()
  if (!existsSync(join(folder, 'index.html'))) return files
  let total = 0
  const read = (path: string): Buffer => {
    const octets = readFileSync(path)
    total += octets.length
    if (total > MAXIMUM_BYTES) throw new Error(`the console in ${folder} has more than ${MAXIMUM_BYTES} bytes`)
    return octets
  }
  for (const name of globSync('**/*.{html,js,css,svg,json}', { cwd: folder })) {
    const path = join(folder, name)
    const plain = read(path)
    const bodies = new Map<Coding, Buffer>([['identity', plain]])
    if (existsSync(`${path}.br`)) bodies.set('br', read(`${path}.br`))
    if (existsSync(`${path}.gz`)) bodies.set('gzip', read(`${path}.gz`))
    files.set(`/${name.replaceAll('\\', '/')}`, {
      type: TYPES[extname(name)] ?? 'application/octet-stream',
      etag: createHash('sha256').update(plain).digest('base64url').slice(0, 27),
      bodies,
      immutable: name.startsWith('assets/'),
    })
  }
  return files
}
