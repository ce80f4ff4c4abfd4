/** Where somebody goes after they signed in: a path of ours, never another site. */
export function backTo(search: unknown): string {
  const from = (search as { readonly from?: unknown } | null | undefined)?.from
  if (typeof from !== 'string' || !from.startsWith('/')) return '/'
  // As a browser reads it: what leaves our origin is somebody else's.
  const origin = 'https://ours.invalid'
  const url = URL.parse(from, origin)
  if (url?.origin !== origin || /^\/(sign-in|enrol)\b/.test(url.pathname) || url.pathname.startsWith('//')) return '/'
  return url.pathname + url.search
}
