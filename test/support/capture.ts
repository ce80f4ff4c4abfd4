/** The witness: everything that crosses the loopback interface, and what tshark and plain search find in it. */
import { readFileSync } from 'node:fs'
import { eventually } from './places.ts'
import { runProcess, startProcess } from './processes.ts'

export interface Capture {
  readonly file: string
  /** Ends the capture after what is under way was written. */
  stop(): Promise<void>
}

/** Captures TCP and UDP on the loopback interface to `file`, but for the PostgreSQL and control ports named. */
export async function startCapture(file: string, filter = 'tcp or udp'): Promise<Capture> {
  const process = startProcess('tcpdump', [
    '-i',
    'lo',
    '-U',
    '--immediate-mode',
    '-s',
    '0',
    '-B',
    '16384',
    '-w',
    file,
    filter,
  ])
  await process.waitForOutput(/listening on/, 5000)
  return {
    file,
    async stop() {
      await process.stop(2000)
      await eventually(() => !process.running, 2000, 'tcpdump ended')
    },
  }
}

/** Writes those frames of a capture to `target` that go from or to one of the ports: others may use the loopback interface, too. */
export async function keepPorts(file: string, target: string, ports: readonly number[]): Promise<void> {
  const list = ports.join(', ')
  const filter = `tcp.port in {${list}} || udp.port in {${list}}`
  const { code, output } = await runProcess('tshark', ['-r', file, '-Y', filter, '-w', target], { timeoutMs: 30_000 })
  if (code !== 0) throw new Error(`tshark ended with ${code}: ${output.slice(-500)}`)
}

/** Number of frames that tshark's own dissectors match with the display filter. */
export async function countFrames(
  file: string,
  displayFilter: string,
  decodeAs: readonly string[] = [],
): Promise<number> {
  const decode = decodeAs.flatMap(rule => ['-d', rule])
  const args = ['-r', file, ...decode, '-Y', displayFilter, '-T', 'fields', '-e', 'frame.number']
  const { output } = await runProcess('tshark', args, { timeoutMs: 30_000 })
  return output.split('\n').filter(line => /^\d+$/.test(line)).length
}

/** How often `bytes` stand anywhere in the capture file. */
export function countBytes(file: string, bytes: Buffer | string): number {
  const content = readFileSync(file)
  let count = 0
  for (let at = content.indexOf(bytes); at >= 0; at = content.indexOf(bytes, at + 1)) count++
  return count
}
