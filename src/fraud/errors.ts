/** Why toll-fraud control stops a call, beside what its rules say (`fraud/rules`): the `rule` of refusals, events and records. */

export type FraudRefusalCode =
  /** 403: The number belongs to no country: what it costs is not known. */
  | 'FRAUD_UNKNOWN_NUMBER'
  /** 403: The imported rate deck has no price for the number. */
  | 'FRAUD_NO_PRICE'
  /** 403: The cap of one call has no room for the next increment. */
  | 'FRAUD_CAP_CALL'
  /** 403: The extension has spent its cap of the day. */
  | 'FRAUD_CAP_EXTENSION_DAY'
  /** 403: The organisation has spent its cap of the day. */
  | 'FRAUD_CAP_ORGANISATION_DAY'
  /** 403: The organisation has spent its cap of the month. */
  | 'FRAUD_CAP_ORGANISATION_MONTH'
  /** 403: The organisation has spent its cap of the day for special services and fraud-prone ranges. */
  | 'FRAUD_CAP_RISKY_DAY'
  /** 403: The call has lasted as long as one may. */
  | 'FRAUD_MAXIMUM_DURATION'
  /** 503: What was spent cannot be counted now, so that paid calls are closed. */
  | 'FRAUD_STORE_GONE'
  /** 403: A call wants to go on that nothing is reserved for. */
  | 'FRAUD_NOT_RESERVED'
