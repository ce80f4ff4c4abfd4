/** Debian's rtpengine in user space. */
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

export interface RtpengineProcess {
  readonly pid: number
  readonly controlPort: number
  readonly running: boolean
  stop(): Promise<void>
}

export async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}

export async function startRtpengineProcess(threads = 2): Promise<RtpengineProcess> {
  const controlPort = await freeUdpPort()
  const child = spawn(
    'rtpengine',
    [
      '--table=-1',
      '--interface=127.0.0.1',
      `--listen-ng=127.0.0.1:${controlPort}`,
      '--port-min=40000',
      '--port-max=59999',
      '--delete-delay=0',
      '--timeout=60',
      '--silent-timeout=120',
      `--num-threads=${threads}`,
      '--log-level=4',
      '--log-stderr',
      '--foreground',
    ],
    { stdio: 'ignore' },
  )
  await once(child, 'spawn')
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  return {
    pid: child.pid!,
    controlPort,
    get running() {
      return child.exitCode === null && child.signalCode === null
    },
    async stop() {
      process.off('exit', kill)
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}
