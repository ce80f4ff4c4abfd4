/** The address by which this machine reaches one of its own listeners. */
export function connectableAddress(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1'
  return address === '::' ? '::1' : address
}
