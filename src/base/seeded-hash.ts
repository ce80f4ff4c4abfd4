/** FNV-1a with a secret seed, mixed so that each bit counts: who chooses the text cannot choose the number. Not for secrets. */
export function seededHash(text: string, seed: number): number {
  let mixed = seed
  for (let i = 0; i < text.length; i++) mixed = Math.imul(mixed ^ text.charCodeAt(i), 0x01000193)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d)
  return (mixed ^ (mixed >>> 15)) >>> 0
}
