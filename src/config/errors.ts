/** A configuration that cannot be used: one line, with the setting, what is wrong, and an example that works. */

export type ConfigurationErrorCode =
  /** The file does not exist or cannot be read. */
  | 'CONFIG_FILE_UNREADABLE'
  /** The file is not YAML. */
  | 'CONFIG_FILE_MALFORMED'
  /** A setting of that name does not exist. */
  | 'CONFIG_UNKNOWN_KEY'
  /** A value is of the wrong kind, or out of range. */
  | 'CONFIG_INVALID_VALUE'
  /** A flag cannot be understood. */
  | 'CONFIG_INVALID_FLAG'
  /** An `allowInsecure…` setting lacks its source networks or its expiry. */
  | 'CONFIG_INSECURE_INCOMPLETE'

export interface ConfigurationError {
  readonly code: ConfigurationErrorCode
  /** The setting (`media.portFrom`), flag (`--listen`) or file. */
  readonly key: string
  /** The whole line. */
  readonly message: string
}

export function configurationError(
  code: ConfigurationErrorCode,
  key: string,
  problem: string,
  example?: string,
): ConfigurationError {
  const hint = example === undefined ? '' : `; for example ${example}`
  return { code, key, message: `${key} ${problem}${hint}` }
}
