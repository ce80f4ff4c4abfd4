/** RTP and RTCP (RFC 3550) as other rooms use them. */
export { type ListeningConditions, meanOpinionScore } from './opinion-score.ts'
export * from './packet.ts'
export { ReceptionStatistics } from './reception.ts'
export { RoundTripMeter } from './round-trip.ts'
export * from './rtcp.ts'
