/** Why the HTTP interface refuses a request, beside the refusals of the operations behind it. */

export type ApiErrorCode =
  /** 401: no session and no API key, or not one that may be used from there. */
  | 'API_UNAUTHENTICATED'
  /** 403: the role or the key's scopes do not have this; or a change without its CSRF token. */
  | 'API_FORBIDDEN'
  /** 403: the second factor has to be given again, then the same request passes. */
  | 'API_STEP_UP_NEEDED'
  /** 404: there is no such thing in this organisation. */
  | 'API_UNKNOWN'
  /** 405: not with this method. */
  | 'API_METHOD'
  /** 400: a field that does not fit; `errors` name each. */
  | 'API_INVALID'
  /** 413: the body is too large. */
  | 'API_TOO_LARGE'
  /** 415: bodies are JSON. */
  | 'API_MEDIA_TYPE'
  /** 412: it was changed since it was read; read it again. */
  | 'API_CHANGED'
  /** 409: the Idempotency-Key was used for another request. */
  | 'API_IDEMPOTENCY_KEY'
  /** 429: too many requests; Retry-After says when again. */
  | 'API_RATE_LIMITED'
  /** 421: this machine is not known by the name that was asked for. */
  | 'API_HOST'
  /** 503: it took too long; a change may have been made all the same. */
  | 'API_TIMEOUT'
