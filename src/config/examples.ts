/** For each setting a value that works, shown where a wrong one was given. */
export const EXAMPLES: Readonly<Record<string, string>> = {
  domain: 'domain: pbx.example.com',
  listen: 'listen: [192.0.2.10]',
  sipTlsPort: 'sipTlsPort: 5061',
  httpsPort: 'httpsPort: 8443',
  externalAddress: 'externalAddress: 203.0.113.7',
  media: 'media: {portFrom: 20000, portTo: 39999}',
  'media.portFrom': 'portFrom: 20000',
  'media.portTo': 'portTo: 39999',
  'media.workers': 'workers: 2',
  'media.timeout': 'timeout: 60 (seconds)',
  limits: 'limits: {calls: 2000}',
  'limits.connections': 'connections: 20000',
  'limits.connectionsPerSource': 'connectionsPerSource: 200',
  'limits.messageSize': 'messageSize: 65535 (octets)',
  'limits.transactions': 'transactions: 50000',
  'limits.calls': 'calls: 2000',
  'limits.bindingsPerExtension': 'bindingsPerExtension: 20',
  'limits.ringTime': 'ringTime: 120 (seconds)',
  'limits.messagesPerSecondPerSource': 'messagesPerSecondPerSource: 20',
  knownNetworks: 'knownNetworks: [192.0.2.0/24]',
  registration: 'registration: {min: 60, default: 600, max: 3600} (seconds)',
  'registration.min': 'min: 60 (seconds)',
  'registration.max': 'max: 3600 (seconds)',
  'registration.default': 'default: 600 (seconds)',
  certificate: 'certificate: {certificateFile: /etc/ringfence/chain.pem, privateKeyFile: /etc/ringfence/key.pem}',
  'certificate.certificateFile': 'certificateFile: /etc/ringfence/chain.pem',
  'certificate.privateKeyFile': 'privateKeyFile: /etc/ringfence/key.pem',
  'certificate.acme': 'acme: {names: [pbx.example.com], termsOfServiceAgreed: true}',
  'certificate.acme.directoryUrl': 'directoryUrl: https://acme-v02.api.letsencrypt.org/directory',
  'certificate.acme.names': 'names: [pbx.example.com]',
  'certificate.acme.email': 'email: operator@example.com',
  'certificate.acme.httpPort': 'httpPort: 80',
  'certificate.acme.termsOfServiceAgreed': 'termsOfServiceAgreed: true',
  country: 'country: DE',
  callerIdentity:
    'callerIdentity: {privateKeyFile: /etc/ringfence/calls.key, certificateUrl: "https://pbx.example.com/calls.pem"}',
  'callerIdentity.privateKeyFile': 'privateKeyFile: /etc/ringfence/calls.key',
  'callerIdentity.certificateUrl': 'certificateUrl: https://pbx.example.com/calls.pem',
  'callerIdentity.trustAnchorsFile': 'trustAnchorsFile: /etc/ringfence/sti-authorities.pem',
  clientCa: 'clientCa: /etc/ringfence/phones-ca.pem',
  store: 'store: {url: "postgres://ringfence@db.example.com/ringfence"}',
  'store.url': 'url: postgres://ringfence@db.example.com/ringfence',
  'store.runAs': 'runAs: ringfence',
  allowInsecureListeners:
    'allowInsecureListeners: [{transport: udp, address: 192.0.2.10, port: 5060, sources: [192.0.2.0/24], expires: 2027-03-31}]',
  'allowInsecureListeners.transport': 'transport: udp',
  'allowInsecureListeners.address': 'address: 192.0.2.10',
  'allowInsecureListeners.port': 'port: 5060',
  'allowInsecureListeners.sources': 'sources: [192.0.2.0/24]',
  'allowInsecureListeners.expires': 'expires: 2027-03-31',
}

/** The example of the deepest setting that `path` lies in; positions in lists do not count. */
export function exampleFor(path: readonly PropertyKey[]): string | undefined {
  const names = path.filter(part => typeof part === 'string')
  for (let length = names.length; length > 0; length--) {
    const example = EXAMPLES[names.slice(0, length).join('.')]
    if (example !== undefined) return example
  }
  return undefined
}
