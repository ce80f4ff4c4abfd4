/** What is wrong with an application/dialog-info+xml document (RFC 4235 §4.4): a parser of the few productions that its schema needs. */

interface Element {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: Element[]
  text: string
}

const NAMESPACE = 'urn:ietf:params:xml:ns:dialog-info'
const TOKEN = /<(\/?)([A-Za-z][\w:.-]*)((?:\s+[\w:.-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/y
const STATES: ReadonlySet<string> = new Set(['trying', 'proceeding', 'early', 'confirmed', 'terminated'])
const ORDER = ['state', 'duration', 'replaces', 'referred-by', 'route-set', 'local', 'remote']

/** Empty where the document is well-formed and says what the schema lets it say. */
export function problemsOfDialogInfo(body: string): readonly string[] {
  const problems: string[] = []
  const root = parseXml(body, problems)
  if (root === undefined) return problems
  const need = (holds: boolean, what: string): void => void (holds || problems.push(what))
  need(root.name === 'dialog-info' && root.attributes.get('xmlns') === NAMESPACE, 'root')
  need(/^\d+$/.test(root.attributes.get('version') ?? ''), 'version')
  need(['full', 'partial'].includes(root.attributes.get('state') ?? ''), 'state')
  need(/^sips?:/.test(root.attributes.get('entity') ?? ''), 'entity')
  const ids = new Set(root.children.map(child => child.attributes.get('id')))
  need(ids.size === root.children.length, 'ids that are not unique')
  for (const dialog of root.children) {
    need(dialog.name === 'dialog' && (dialog.attributes.get('id') ?? '') !== '', 'dialog with an id')
    need(['initiator', 'recipient', undefined].includes(dialog.attributes.get('direction')), 'direction')
    const places = dialog.children.map(child => ORDER.indexOf(child.name))
    need(places[0] === 0 && places.every((place, i) => i === 0 || place > places[i - 1]!), 'order of elements')
    need(STATES.has(dialog.children[0]?.text ?? ''), 'state of a dialog')
    for (const party of dialog.children.slice(1)) {
      need(/^sips?:\S+@\S+$/.test(party.children.find(child => child.name === 'identity')?.text ?? ''), 'identity')
    }
  }
  return problems
}

function parseXml(body: string, problems: string[]): Element | undefined {
  const start = /^<\?xml version="1\.0"( encoding="UTF-8")?\?>/.exec(body)?.[0].length
  if (start === undefined) return void problems.push('declaration')
  if (/&(?!(amp|lt|gt|quot|apos);)/.test(body) || /[\0-\x08\x0b\x0c\x0e-\x1f]/.test(body)) problems.push('characters')
  const top: Element = { name: '', attributes: new Map(), children: [], text: '' }
  const open = [top]
  TOKEN.lastIndex = start
  while (TOKEN.lastIndex < body.length) {
    const at = TOKEN.lastIndex
    const match = TOKEN.exec(body)
    if (match === null) return void problems.push(`not well-formed at ${at}: ${body.slice(at, at + 40)}`)
    const [, closes, name, attributes = '', empty, text] = match
    const current = open.at(-1)!
    if (text !== undefined) current.text += text.trim()
    else if (closes === '/') {
      if (current.name !== name) return void problems.push(`</${name}> closes ${current.name}`)
      open.pop()
    } else {
      const pairs = [...attributes.matchAll(/([\w:.-]+)="([^"]*)"/g)].map(([, key, value]) => [key!, value!] as const)
      if (new Set(pairs.map(([key]) => key)).size !== pairs.length) problems.push('an attribute twice')
      const element: Element = { name: name!, attributes: new Map(pairs), children: [], text: '' }
      current.children.push(element)
      if (empty !== '/') open.push(element)
    }
  }
  if (open.length !== 1 || top.children.length !== 1) problems.push('one root')
  return top.children[0]
}
