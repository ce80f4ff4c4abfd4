/** PostgreSQL refuses to run as root: the unprivileged user that it runs as instead, and what that user can reach. */
import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { StoreError } from '../errors.ts'

export interface SystemUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

const PREFERRED = ['ringfence', 'nobody']

/** `wanted`, or the first of `ringfence` and `nobody` that exists. `passwd` is the text of /etc/passwd. */
export function chooseSystemUser(
  wanted: string | undefined,
  passwd: string = readFileSync('/etc/passwd', 'utf8'),
): SystemUser {
  const names = wanted === undefined ? PREFERRED : [wanted]
  for (const name of names) {
    const user = findUser(name, passwd)
    if (user === undefined) continue
    if (user.uid === 0)
      throw new StoreError('STORE_START_FAILED', 'store.runAs names root: PostgreSQL refuses to run as root')
    return user
  }
  const text = `there is no system user ${names.join(' or ')}; make one with: useradd --system --no-create-home ${names[0]}`
  throw new StoreError('STORE_START_FAILED', text)
}

function findUser(name: string, passwd: string): SystemUser | undefined {
  return readUsers(passwd).find(user => user.name === name)
}

/** The unprivileged user that `file` belongs to: a cluster goes on running as whom it was made. */
export function ownerOf(file: string, passwd: string = readFileSync('/etc/passwd', 'utf8')): SystemUser | undefined {
  const uid = statSync(file, { throwIfNoEntry: false })?.uid
  return uid === 0 ? undefined : readUsers(passwd).find(user => user.uid === uid)
}

function readUsers(passwd: string): readonly SystemUser[] {
  return passwd.split('\n').flatMap(line => {
    const [name, , uid, gid] = line.split(':')
    if (name === undefined || uid === undefined || gid === undefined) return []
    return [{ name, uid: Number(uid), gid: Number(gid) }]
  })
}

/** Whether `user` may pass through `folder` and each folder above it. Access control lists are not looked at. */
export function mayEnter(folder: string, user: SystemUser): boolean {
  for (let path = folder; ; path = dirname(path)) {
    if (!permits(path, user, 0o1)) return false
    if (path === dirname(path)) return true
  }
}

/** Whether `user` may read `file` (and enter the folders that it lies in). */
export function mayRead(file: string, user: SystemUser): boolean {
  return permits(file, user, 0o4) && mayEnter(dirname(file), user)
}

function permits(path: string, user: SystemUser, bit: number): boolean {
  const status = statSync(path, { throwIfNoEntry: false })
  if (status === undefined) return false
  if (status.uid === user.uid) return (status.mode & (bit << 6)) !== 0
  if (status.gid === user.gid) return (status.mode & (bit << 3)) !== 0
  return (status.mode & bit) !== 0
}
