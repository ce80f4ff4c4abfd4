/** The web console from its built files: each in memory once, compressed, under a policy that lets no script in but its own. */
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

export interface ConsoleFiles {
  /** False: neither a file of the console nor one of its pages. */
  readonly route: (request: IncomingMessage, response: ServerResponse) => boolean
}

interface KeptFile {
  readonly type: string
  readonly etag: string
  readonly plain: Buffer
  readonly gzip: Buffer
  readonly brotli: Buffer
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
  /^\/(?:|sign-in|enrol|calls(?:\/[\w-]{1,64})?|extensions(?:\/[\w.%-]{1,96})?|trunks|fraud|firewall|log|people|settings|report|security|me)$/

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
  const accepted = String(request.headers['accept-encoding'] ?? '')
  const encoding = /\bbr\b/.test(accepted) ? 'br' : /\bgzip\b/.test(accepted) ? 'gzip' : undefined
  const body = encoding === 'br' ? file.brotli : encoding === 'gzip' ? file.gzip : file.plain
  const headers = {
    ...HEADERS,
    'content-type': file.type,
    etag: file.etag,
    vary: 'accept-encoding',
    'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  }
  if (request.headers['if-none-match'] === file.etag) {
    response.writeHead(304, headers)
    response.end()
    return true
  }
  response.writeHead(200, { ...headers, 'content-length': body.length })
  response.end(request.method === 'HEAD' ? undefined : body)
  return true
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
  for (const name of globSync('**/*.{html,js,css,svg,json}', { cwd: folder })) {
    const plain = readFileSync(join(folder, name))
    total += plain.length
    if (total > MAXIMUM_BYTES) throw new Error(`the console in ${folder} has more than ${MAXIMUM_BYTES} bytes`)
    files.set(`/${name.replaceAll('\\', '/')}`, keep(name, plain))
  }
  return files
}

function keep(name: string, plain: Buffer): KeptFile {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 5 }
  return {
    type: TYPES[extname(name)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 27)}"`,
    plain,
    gzip: gzipSync(plain),
    brotli: brotliCompressSync(plain, { params }),
    immutable: name.startsWith('assets/'),
  }
}
