import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath, geteuid, kill } from 'node:process'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import { silentLogger } from '../../base/logger.ts'
import { openTestStore, temporaryFolder } from '../test-support/fixtures.ts'
import { findPackage, prepareBinaries } from './binaries.ts'
import { locateCluster } from './cluster-location.ts'
import { createEmbeddedPostgres } from './embedded-postgres.ts'
import { chooseSystemUser, mayEnter } from './system-user.ts'

const asRoot = { skip: geteuid?.() === 0 ? false : 'needs root' }
const NOBODY = { name: 'nobody', uid: 65534, gid: 65534 }
const PASSWD = 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n'

let folder: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

function child(script: string): string {
  return fileURLToPath(new URL(`../test-support/${script}`, import.meta.url))
}

test('the user that it runs as: the configured one, ringfence, nobody; never root', () => {
  assert.equal(chooseSystemUser(undefined, PASSWD).name, 'nobody')
  const withOwn = `${PASSWD}ringfence:x:991:990::/:/usr/sbin/nologin\n`
  assert.deepEqual(chooseSystemUser(undefined, withOwn), { name: 'ringfence', uid: 991, gid: 990 })
  assert.equal(chooseSystemUser('nobody', withOwn).name, 'nobody')
  assert.throws(() => chooseSystemUser('root', PASSWD), /refuses to run as root/)
  assert.throws(() => chooseSystemUser('pbx', PASSWD), /no system user pbx; make one with: useradd/)
})

test('as root: unprivileged, the folder passable but not readable, keys closed', asRoot, async () => {
  chmodSync(folder.path, 0o700)
  const store = await openTestStore(folder.path)
  const status = readFileSync(`/proc/${store.databasePid}/status`, 'utf8')
  assert.doesNotMatch(status, /^Uid:\s+0/m)
  assert.match(status, /^CapEff:\s+0+$/m)
  assert.equal(statSync(folder.path).mode & 0o777, 0o711)
  assert.equal(statSync(join(folder.path, 'keys')).mode & 0o777, 0o700)
  assert.equal(statSync(join(folder.path, 'keys', 'database.password')).mode & 0o777, 0o600)
  assert.equal(statSync(join(folder.path, 'database')).mode & 0o777, 0o700)
  const sockets = readFileSync(`/proc/${store.databasePid}/net/unix`, 'utf8')
  assert.ok(sockets.includes(join(folder.path, 'database', 'run', '.s.PGSQL.5432')))
  await store.close()
})

test(
  'as root in a folder that its user cannot reach: the cluster lies elsewhere, with a note and a warning',
  asRoot,
  () => {
    const elsewhere = temporaryFolder()
    const data = join(folder.path, 'data')
    mkdirSync(data, { mode: 0o700 })
    const warnings: string[] = []
    const logger: Logger = { ...silentLogger, warn: (_fields, message) => void warnings.push(message) }
    const location = locateCluster(data, 'nobody', logger, elsewhere.path)
    assert.ok(location.data.startsWith(join(elsewhere.path, 'clusters')))
    assert.ok(mayEnter(join(location.data, '..'), NOBODY))
    assert.equal(readFileSync(join(data, 'database-location'), 'utf8').trim(), join(location.data, '..', '..'))
    assert.equal(warnings.length, 1)
    assert.match(warnings[0]!, /runs as nobody, who cannot reach/)
    assert.equal(locateCluster(data, 'nobody', logger, '/nonexistent-elsewhere').data, location.data)
    assert.equal(warnings.length, 1)
    elsewhere.remove()
    rmSync('/nonexistent-elsewhere', { recursive: true, force: true })
  },
)

test(
  'as root with binaries out of its user’s reach: they are copied once, with their links, and work',
  asRoot,
  async () => {
    chmodSync(folder.path, 0o711)
    const found = findPackage()
    const hidden = join(folder.path, 'hidden')
    mkdirSync(hidden, { mode: 0o700 })
    symlinkSync(found.native, join(hidden, 'native'))
    const unreachable = { ...found, native: join(hidden, 'native') }
    const binaries = prepareBinaries(folder.path, NOBODY, unreachable)
    assert.equal(binaries.folder, join(folder.path, `postgresql-${found.version}`, 'bin'))
    const library = join(folder.path, `postgresql-${found.version}`, 'lib')
    assert.ok(lstatSync(join(library, 'libpq.so.5')).isSymbolicLink())
    assert.equal(
      readdirSync(library).some(name => name.endsWith('.a')),
      false,
    )
    const copied = statSync(join(binaries.folder, 'postgres')).mtimeMs
    prepareBinaries(folder.path, NOBODY, unreachable)
    assert.equal(statSync(join(binaries.folder, 'postgres')).mtimeMs, copied)
    const location = { ...locateCluster(folder.path, 'nobody', silentLogger), binaries }
    const postgres = createEmbeddedPostgres({ location, password: 'secret', clock: systemClock, logger: silentLogger })
    await postgres.start()
    assert.ok(postgres.pid)
    await postgres.stop()
    assert.equal(postgres.pid, undefined)
  },
)

test('a path that is too long for a socket gets a short folder, which is removed at the end', async () => {
  const long = join(folder.path, 'x'.repeat(100))
  mkdirSync(long, { mode: 0o711 })
  chmodSync(folder.path, 0o711)
  const before = new Set(readdirSync(tmpdir()))
  const store = await openTestStore(long)
  const made = readdirSync(tmpdir()).filter(name => /^ringfence-[A-Za-z0-9]{6}$/.test(name) && !before.has(name))
  assert.equal(existsSync(join(long, 'database', 'run')), false)
  assert.ok(made.length >= 1)
  await store.close()
  const store2 = await openTestStore(long)
  assert.equal(store2.available, true)
  await store2.close()
})

test('an ordinary user needs nothing: it runs as that user', asRoot, async () => {
  chownSync(folder.path, NOBODY.uid, NOBODY.gid)
  const process = spawn(execPath, [child('ordinary-user-child.ts'), folder.path], {
    uid: NOBODY.uid,
    gid: NOBODY.gid,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let errors = ''
  process.stdout.on('data', chunk => (output += chunk))
  process.stderr.on('data', chunk => (errors += chunk))
  const code = await new Promise(resolve => process.once('close', resolve))
  assert.equal(code, 0, errors)
  assert.deepEqual(JSON.parse(output), { calls: 1, uid: NOBODY.uid })
})

test('the database ends when the server is killed', {
  skip: existsSync('/usr/bin/setpriv') ? false : 'needs setpriv',
}, async () => {
  const process = spawn(execPath, [child('crash-child.ts'), folder.path, '1'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let databasePid = 0
  for await (const line of createInterface({ input: process.stdout })) {
    databasePid ||= (JSON.parse(line) as { databasePid: number }).databasePid
    process.kill('SIGKILL')
  }
  const deadline = performance.now() + 5_000
  const alive = (): boolean => {
    try {
      return kill(databasePid, 0)
    } catch {
      return false
    }
  }
  while (alive() && performance.now() < deadline) await new Promise(resolve => setImmediate(resolve))
  assert.equal(alive(), false)
})

test('a changed runAs takes the cluster over; without one it stays with its owner', asRoot, async () => {
  const backup = { name: 'backup', uid: 34, gid: 34 }
  for (const [runAs, uid] of [
    ['nobody', NOBODY.uid],
    ['backup', backup.uid],
    [undefined, backup.uid],
  ] as const) {
    const store = await openTestStore(folder.path, { runAs })
    assert.match(readFileSync(`/proc/${store.databasePid}/status`, 'utf8'), new RegExp(`^Uid:\\s+${uid}\\s`, 'm'))
    await store.close()
  }
})

test('a missing password is said, with what to restore', async () => {
  const store = await openTestStore(folder.path)
  await store.close()
  rmSync(join(folder.path, 'keys', 'database.password'))
  await assert.rejects(openTestStore(folder.path), /database\.password is missing: restore it from your copy/)
})
