/**
 * Finds out that the process has no file descriptors left. The event loop closes the connections that it then cannot
 * accept without a word to us, so a listener cannot see it.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** Opens and closes a socket. Resolves with the error's code when none can be opened, else with undefined. */
export async function probeDescriptors(): Promise<string | undefined> {
  const socket = createSocket({ type: 'udp4', lookup: (hostname, _options, callback) => callback(null, hostname, 4) })
  try {
    const listening = once(socket, 'listening')
    socket.bind({ address: '127.0.0.1', port: 0, exclusive: true })
    await listening
    return undefined
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return code === 'EMFILE' || code === 'ENFILE' ? code : undefined
  } finally {
    socket.close()
  }
}
