/** How deep a JSON text nests, before it is read: a parser and the schemas behind it recurse. */

const MAXIMUM_DEPTH = 16

export function isTooDeep(text: string, maximum = MAXIMUM_DEPTH): boolean {
  let depth = 0
  let quoted = false
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (quoted) {
      if (code === 0x5c) index++
      else if (code === 0x22) quoted = false
    } else if (code === 0x22) {
      quoted = true
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth > maximum) return true
    } else if (code === 0x7d || code === 0x5d) {
      depth--
    }
  }
  return false
}
