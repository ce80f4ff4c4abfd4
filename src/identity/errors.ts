/** Why something about people is refused. */

export type IdentityErrorCode =
  /** What was given does not prove it. Never says which part was wrong. */
  | 'PEOPLE_WRONG_CREDENTIALS'
  /** Too many wrong ones: from when on it may be tried again is in the message. */
  | 'PEOPLE_LOCKED'
  /** The link, ceremony or session does not exist, was used, or is over. */
  | 'PEOPLE_EXPIRED'
  /** No such person, factor, session or key, or not in this organisation. */
  | 'PEOPLE_UNKNOWN'
  /** Somebody has this e-mail address already. */
  | 'PEOPLE_EXISTS'
  /** Malformed or out of bounds; the message names the field and the fix. */
  | 'PEOPLE_INVALID'
  /** The password is too short, too common or was breached. */
  | 'PEOPLE_PASSWORD_WEAK'
  /** It would leave the person without a second factor. */
  | 'PEOPLE_LAST_FACTOR'
  /** It would leave the organisation (or installation) without an owner. */
  | 'PEOPLE_LAST_OWNER'
  /** Nobody gives a role or scope that is more than their own. */
  | 'PEOPLE_FORBIDDEN'
  /** The second factor has to be given again. */
  | 'PEOPLE_STEP_UP_NEEDED'
  /** The identity provider did not say that a second factor was used. */
  | 'PEOPLE_PROVIDER_WITHOUT_MFA'
  /** The identity provider cannot be reached, or its configuration does not fit ours. */
  | 'PEOPLE_PROVIDER_UNAVAILABLE'
  /** The clock of the phone that shows the codes is off; the message says by how much. */
  | 'PEOPLE_CLOCK_SKEW'
