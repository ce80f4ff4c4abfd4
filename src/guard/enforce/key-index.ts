/** Which decisions hold what: several may hold the same, and the end of one does not end another. */
export class KeyIndex {
  readonly #ids = new Map<string, string[]>()

  get size(): number {
    return this.#ids.size
  }

  add(key: string, id: string): void {
    const ids = this.#ids.get(key)
    if (ids === undefined) this.#ids.set(key, [id])
    else if (!ids.includes(id)) ids.push(id)
  }

  delete(key: string, id: string): void {
    const left = this.#ids.get(key)?.filter(each => each !== id)
    if (left === undefined) return
    if (left.length === 0) this.#ids.delete(key)
    else this.#ids.set(key, left)
  }

  get(key: string): readonly string[] {
    return this.#ids.get(key) ?? []
  }
}
