/** Whether a provider says that a second factor was used: `acr` and `amr` (OpenID Connect Core §2, RFC 8176). Pure. */

/** Values of `amr` that mean two factors of different kinds, or `mfa` itself. All of `a+b` have to be there. */
export const STANDARD_AMR: readonly string[] = [
  'mfa',
  'pwd+otp',
  'pwd+hwk',
  'pwd+swk',
  'pin+otp',
  'pin+hwk',
  'pin+swk',
  'pin+sc',
  'fpt+hwk',
  'fpt+swk',
  'face+hwk',
  'face+swk',
  'iris+hwk',
  'iris+swk',
]

/** Codes by message and call can be had by whoever takes over the number: `mfa` that rests on them is none here. */
const BY_TELEPHONE: ReadonlySet<string> = new Set(['sms', 'tel'])
const MAXIMUM_VALUES = 32

export interface AcceptedContexts {
  readonly acceptedAcr: readonly string[]
  readonly acceptedAmr: readonly string[]
}

/** What the provider said and we accept; undefined: it did not say so. */
export function secondFactorOf(
  claims: { readonly acr?: unknown; readonly amr?: unknown },
  { acceptedAcr, acceptedAmr }: AcceptedContexts,
): string | undefined {
  const { acr } = claims
  if (typeof acr === 'string' && acr !== '' && acceptedAcr.includes(acr)) return `acr ${acr}`
  const amr = methodsOf(claims.amr)
  const byTelephone = [...BY_TELEPHONE].some(each => amr.has(each))
  const accepted = acceptedAmr.find(text => {
    const wanted = text.split('+')
    // `mfa` alone says nothing of the methods: beside a code by message it may mean just that.
    if (byTelephone && wanted.every(each => each === 'mfa')) return false
    return text !== '' && wanted.every(each => amr.has(each))
  })
  return accepted === undefined ? undefined : `amr ${accepted}`
}

function methodsOf(amr: unknown): ReadonlySet<string> {
  if (!Array.isArray(amr) || amr.length > MAXIMUM_VALUES) return new Set()
  return new Set(amr.filter(each => typeof each === 'string'))
}
