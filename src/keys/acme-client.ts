/** The AcmeClient on the library acme-client: loaded only where ACME is configured. */
import acme from 'acme-client'
import type { AcmeClient } from './acme.ts'

export const acmeClient: AcmeClient = {
  async newKey() {
    return (await acme.crypto.createPrivateEcdsaKey('P-256')).toString('utf8')
  },
  async order({ options, accountKey, certificateKey, present, withdraw }) {
    const client = new acme.Client({ directoryUrl: options.directoryUrl, accountKey, backoffAttempts: 10 })
    const [, csr] = await acme.crypto.createCsr({ altNames: [...options.names] }, certificateKey)
    return client.auto({
      csr,
      ...(options.email === undefined ? {} : { email: options.email }),
      termsOfServiceAgreed: options.termsOfServiceAgreed,
      challengePriority: ['http-01'],
      // The server looks for itself; from behind a NAT we often cannot.
      skipChallengeVerification: true,
      challengeCreateFn: async (_authorization, challenge, keyAuthorization) =>
        present(challenge.token, keyAuthorization),
      challengeRemoveFn: async (_authorization, challenge) => withdraw(challenge.token),
    })
  },
}
