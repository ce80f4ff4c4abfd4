/** The first start: `initdb` under a temporary name, moved into place when it is whole. */
import { spawn } from 'node:child_process'
import { chownSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { randomHex } from '../../base/random.ts'
import { StoreError } from '../errors.ts'
import type { ClusterLocation } from './cluster-location.ts'
import { DATABASE_USER, libraryEnvironment } from './server-settings.ts'

const MAXIMUM_OUTPUT = 8_192

/** Throws StoreError `STORE_START_FAILED` with what initdb said (disk full, no such user …). */
export async function createCluster(location: ClusterLocation, password: string): Promise<void> {
  const folder = dirname(location.data)
  const temporary = join(folder, `data.${randomHex(4)}`)
  const passwordFile = join(folder, `password.${randomHex(4)}`)
  writeFileSync(passwordFile, password, { mode: 0o600, flag: 'wx' })
  try {
    if (location.user !== undefined) chownSync(passwordFile, location.user.uid, location.user.gid)
    await initdb(location, temporary, passwordFile)
    renameSync(temporary, location.data)
  } finally {
    rmSync(passwordFile, { force: true })
    rmSync(temporary, { recursive: true, force: true })
  }
}

async function initdb(location: ClusterLocation, data: string, passwordFile: string): Promise<void> {
  const settings = ['-c', 'wal_level=minimal', '-c', 'max_wal_senders=0']
  const access = ['--auth=scram-sha-256', `--username=${DATABASE_USER}`, `--pwfile=${passwordFile}`]
  const args = ['-D', data, '--encoding=UTF8', '--locale=C', '--no-instructions', ...access, ...settings]
  const child = spawn(`${location.binaries.folder}/initdb`, args, {
    cwd: '/',
    env: libraryEnvironment(location.binaries.libraries),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(location.user === undefined ? {} : { uid: location.user.uid, gid: location.user.gid }),
  })
  let output = ''
  const collect = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-MAXIMUM_OUTPUT)
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  const code = await new Promise<number | string | null>(resolve => {
    child.once('error', error => resolve(error.message))
    child.once('close', resolve)
  })
  if (code === 0) return
  const said = output.trim().split('\n').slice(-4).join(' | ')
  throw new StoreError('STORE_START_FAILED', `the database could not be created (${code}): ${said}`)
}
