/** CPU time of a process, to the nanosecond: the sum over its threads. Linux only. */
import { readdirSync, readFileSync } from 'node:fs'

/** Nanoseconds on a processor by thread. Threads that ended are not in it. */
export function cpuByThread(pid: number): Map<string, number> {
  const threads = new Map<string, number>()
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    try {
      const folder = `/proc/${pid}/task/${task}`
      const name = `${readFileSync(`${folder}/comm`, 'utf8').trim()}/${task}`
      threads.set(name, Number(readFileSync(`${folder}/schedstat`, 'utf8').split(' ')[0]))
    } catch {
      // ended meanwhile
    }
  }
  return threads
}

export function cpuOf(pid: number): number {
  let sum = 0
  for (const nanoseconds of cpuByThread(pid).values()) sum += nanoseconds
  return sum
}
