/**
 * Drives Debian's linphonec 5.1.65 by its prompt, without sound hardware: it speaks from one WAV file and records what it
 * hears into another ("soundcard use files").
 *
 * What was found out about it (liblinphone 5.1.65, mbed TLS 2.28):
 * - It needs its data folder (`~/.local/share/linphone`) to exist, or it opens no transport and cannot register.
 * - TLS 1.2 at most. It verifies the chain and the name, but knows no iPAddress names: for `sip:127.0.0.1` the
 *   certificate has to carry `127.0.0.1` as a dNSName.
 * - Digest: it takes the first WWW-Authenticate header that it understands, SHA-256 included, and cannot read two challenges
 *   in one header.
 * - It offers AES_CM_128_HMAC_SHA1_80 only, whatever else it is asked to offer.
 * - `To: sip:user@domain` without angle brackets, `To` tags only later, `;alias` in Via: all valid.
 */
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { measureTone, type ToneMeasurement } from '../../src/test-phone/tone.ts'
import type { PhoneCredentials } from './phone-credentials.ts'
import { eventually, pause } from './places.ts'
import { type RunningProcess, startProcess } from './processes.ts'
import { readWav, writeTone } from './wav.ts'

export interface LinphoneOptions {
  readonly folder: string
  readonly name: string
  readonly credentials: PhoneCredentials
  readonly tone: number
  readonly autoAnswer?: boolean
}

export interface Linphone {
  readonly process: RunningProcess
  registered(): Promise<void>
  /** Types a line at the prompt. */
  type(line: string): void
  /** Waits for what it prints after the last `type`. */
  says(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>
  /** Listens for `milliseconds` from now, then measures how much of it was a tone of `frequency` hertz. */
  measure(frequency: number, milliseconds?: number): Promise<ToneMeasurement>
  stop(): Promise<void>
}

function configuration(options: LinphoneOptions): string {
  const { username, domain, password, outboundProxy, ca } = options.credentials
  return `[sip]
sip_port=0
sip_tcp_port=0
sip_tls_port=-2
media_encryption=srtp
media_encryption_mandatory=1
verify_server_certs=1
verify_server_cn=1
root_ca=${ca}
default_proxy=0
guess_hostname=1
register_only_when_network_is_up=0
[net]
firewall_policy=0
[rtp]
audio_rtp_port=-1
[video]
enabled=0
capture=0
display=0
[proxy_0]
reg_proxy=<${outboundProxy}>
reg_route=<${outboundProxy}>
reg_identity=sip:${username}@${domain}
reg_expires=600
reg_sendregister=1
publish=0
dial_escape_plus=0
[auth_info_0]
username=${username}
userid=${username}
passwd=${password}
realm=${domain}
domain=${domain}
`
}

export async function startLinphone(options: LinphoneOptions): Promise<Linphone> {
  const folder = join(options.folder, `linphone-${options.name}`)
  mkdirSync(join(folder, '.local/share/linphone'), { recursive: true })
  const tone = join(folder, 'tone.wav')
  const recording = join(folder, 'heard.wav')
  const configurationFile = join(folder, 'linphonerc')
  writeTone(tone, options.tone, 60, 16_000)
  writeFileSync(configurationFile, configuration(options))
  const args = ['-c', configurationFile, '-d', '6', '-l', join(folder, 'log'), ...(options.autoAnswer ? ['-a'] : [])]
  // Registration states are printed only on request (-S).
  const process = startProcess('linphonec', [...args, '-S'], { environment: { HOME: folder } })
  let typedAt = 0
  const type = (line: string): void => {
    typedAt = process.output().length
    process.write(`${line}\n`)
  }
  const says = (pattern: RegExp, timeoutMs = 5000) => process.waitForOutput(pattern, timeoutMs, typedAt)
  await process.waitForOutput(/linphonec>/, 5000)
  type('soundcard use files')
  await says(/Using wav files/)
  type(`play ${tone}`)
  type(`record ${recording}`)
  for (const codec of [0, 1, 2]) type(`codec disable ${codec}`)
  await says(/speex \(8000\) disabled/)
  const size = (): number => statSync(recording, { throwIfNoEntry: false })?.size ?? 0
  return {
    process,
    type,
    says,
    async registered() {
      await eventually(
        async () => {
          type('status register')
          await says(/registered[=,]/)
          return /registered, /.test(process.output().slice(typedAt))
        },
        6000,
        'linphone registered',
      )
    },
    async measure(frequency, milliseconds = 800) {
      const before = size()
      await pause(milliseconds)
      if (size() === 0) return measureTone(new Int16Array(0), frequency)
      const { samples, sampleRate } = readWav(recording)
      return measureTone(samples.subarray(Math.max(0, (before - 44) >> 1)), frequency, sampleRate)
    },
    async stop() {
      if (process.running) process.write('quit\n')
      await Promise.race([process.exited.catch(() => {}), pause(1500)])
      await process.stop(1000)
    },
  }
}
