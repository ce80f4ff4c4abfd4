/** A list as a file for spreadsheets; what a stranger wrote is never a formula there. */
export function saveCsv(name: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const text = [head, ...rows].map(row => row.map(cell).join(',')).join('\r\n')
  saveText(name, `\ufeff${text}\r\n`, 'text/csv')
}

export function saveText(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}

export function cell(value: string): string {
  // Telephone numbers begin with + and are no formulas: they are quoted as text as well.
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return `"${safe.replaceAll('"', '""')}"`
}
