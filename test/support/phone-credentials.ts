/** What `device add --json` prints: all that a phone needs. */
export interface PhoneCredentials {
  readonly username: string
  readonly domain: string
  readonly password: string
  /** `sip:DOMAIN` */
  readonly registrar: string
  /** `sip:ADDRESS:PORT;transport=tls` */
  readonly outboundProxy: string
  /** Path of the CA certificate in PEM. */
  readonly ca: string
}
