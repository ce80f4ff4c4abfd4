/** SRTP and SRTCP as other rooms use them. */
export { cipherBackend, useNodeCiphers } from './cipher-backend.ts'
export { PACKET_CAPACITY, type PacketMemory } from './native-openssl.ts'
export { newKeyAndSalt } from './master-key.ts'
export { createSrtpReceiver, MAXIMUM_SOURCES, type ReceiverKey, REFUSED, type SrtpReceiver } from './receiver.ts'
export { createSrtpSender, MAXIMUM_TRAILER, NOT_SENT, type SrtpSender } from './sender.ts'
export { type Suite, type SuiteName, SUITES, suiteNamed } from './suites.ts'
