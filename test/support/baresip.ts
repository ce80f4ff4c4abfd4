/**
 * Drives Debian's baresip 1.0.0 without sound hardware: a WAV file is its microphone, the sndfile filter records what it
 * hears, and ctrl_tcp takes commands and tells events as JSON in netstrings.
 *
 * What was found out about it (libre 1.1.0):
 * - A 401 with any WWW-Authenticate of an algorithm but MD5, in whatever order, makes it give up ("Function not
 *   implemented"); RFC 8760 §2.4 wants it to skip that challenge.
 * - It does not verify the server's certificate, whatever `sip_cafile` says.
 * - It offers AES_CM_128_HMAC_SHA1_80 only, and answers with the first suite of an offer that it knows, both GCM ones
 *   included. On a re-INVITE it keeps the receive key of the first exchange: a peer must not change its key.
 * - It can transfer blind; version 1.0.0 has no attended transfer. It refuses a second call by itself only when told so.
 */
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { measureTone, type ToneMeasurement } from '../../src/test-phone/tone.ts'
import type { PhoneCredentials } from './phone-credentials.ts'
import { eventually, freePort, pause } from './places.ts'
import { type RunningProcess, startProcess } from './processes.ts'
import { readWav, writeTone } from './wav.ts'

export interface BaresipEvent {
  /** `REGISTER_OK`, `CALL_INCOMING`, `CALL_ESTABLISHED`, `CALL_CLOSED` … */
  readonly type: string
  readonly param?: string
  readonly id?: string
  readonly peeruri?: string
  readonly direction?: string
}

export interface BaresipOptions {
  readonly folder: string
  readonly name: string
  readonly credentials: PhoneCredentials
  /** Hertz of the tone that it speaks. */
  readonly tone: number
  readonly autoAnswer?: boolean
  /** `srtp-mand` by default; empty: plain RTP. */
  readonly mediaEncryption?: string
  /** Where to send everything instead of the credentials' outbound proxy. */
  readonly outboundProxy?: string
  readonly registerInterval?: number
  /** The address that its SDP names. Default: that of the way to everywhere. */
  readonly networkAddress?: string
  /** Subscribes to waiting messages (RFC 3842), and prints what it is told. */
  readonly messageWaiting?: boolean
}

export interface Baresip {
  readonly process: RunningProcess
  readonly events: readonly BaresipEvent[]
  /** Sends a long command of the menu module (`dial`, `hold` …) and gives what it printed. */
  command(name: string, parameters?: string): Promise<string>
  /** The first event of the type after the `from`-th one. */
  waitFor(type: string, timeoutMs?: number, from?: number): Promise<BaresipEvent>
  registered(): Promise<void>
  dial(target: string): Promise<void>
  accept(): Promise<void>
  hangup(): Promise<void>
  hold(): Promise<void>
  resume(): Promise<void>
  transfer(target: string): Promise<void>
  /** Listens for `milliseconds` from now, then measures how much of it was a tone of `frequency` hertz. */
  measure(frequency: number, milliseconds?: number): Promise<ToneMeasurement>
  stop(): Promise<void>
}

function configuration(folder: string, controlPort: number, options: BaresipOptions): string {
  const { credentials, networkAddress, messageWaiting } = options
  return `poll_method epoll
sip_listen 127.0.0.1:0
sip_cafile ${credentials.ca}
${networkAddress === undefined ? '' : `net_interface ${networkAddress}\n`}call_local_timeout 120
call_max_calls 4
audio_path /usr/share/baresip
audio_player aubridge,out
audio_source aufile,${folder}/tone.wav
audio_alert aubridge,alert
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
rtcp_mux no
jitter_buffer_delay 1-3
rtp_stats no
module_path /usr/lib/baresip/modules
module stdio.so
module g711.so
module sndfile.so
module aubridge.so
module aufile.so
module srtp.so
module_tmp uuid.so
module_tmp account.so
module_app contact.so
module_app menu.so
${messageWaiting === true ? 'module_app mwi.so\n' : ''}module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:${controlPort}
snd_path ${folder}
`
}

function account(options: BaresipOptions): string {
  const { username, domain, password, outboundProxy } = options.credentials
  const encryption = options.mediaEncryption ?? 'srtp-mand'
  return [
    `<sip:${username}@${domain}>`,
    `auth_user=${username}`,
    `auth_pass=${password}`,
    `outbound="${options.outboundProxy ?? outboundProxy}"`,
    `regint=${options.registerInterval ?? 600}`,
    ...(encryption === '' ? [] : [`mediaenc=${encryption}`]),
    `answermode=${options.autoAnswer === true ? 'auto' : 'manual'}`,
    'ptime=20',
  ].join(';')
}

export async function startBaresip(options: BaresipOptions): Promise<Baresip> {
  const folder = join(options.folder, `baresip-${options.name}`)
  mkdirSync(folder, { recursive: true })
  const controlPort = await freePort()
  writeTone(join(folder, 'tone.wav'), options.tone, 60)
  writeFileSync(join(folder, 'config'), configuration(folder, controlPort, options))
  writeFileSync(join(folder, 'accounts'), `${account(options)}\n`)
  writeFileSync(join(folder, 'contacts'), '')
  const process = startProcess('baresip', ['-f', folder])
  await process.waitForOutput(/baresip is ready/, 5000)
  const control = await openControl(controlPort)
  return new BaresipDriver(folder, options.credentials.domain, process, control)
}

interface Control {
  readonly socket: Socket
  readonly events: BaresipEvent[]
  readonly replies: string[]
}

async function openControl(port: number): Promise<Control> {
  const socket = connect(port, '127.0.0.1')
  await new Promise<void>((done, failed) => socket.once('connect', done).once('error', failed))
  socket.on('error', () => {})
  const control: Control = { socket, events: [], replies: [] }
  let text = ''
  socket.on('data', chunk => {
    text += chunk.toString('latin1')
    for (;;) {
      const header = /^(\d+):/.exec(text)
      if (header === null) return
      const start = header[0].length
      const length = Number(header[1])
      if (text.length < start + length + 1) return
      const message = JSON.parse(text.slice(start, start + length)) as BaresipEvent & { event?: boolean; data?: string }
      text = text.slice(start + length + 1)
      if (message.event === true) control.events.push(message)
      else control.replies.push(message.data ?? '')
    }
  })
  return control
}

class BaresipDriver implements Baresip {
  readonly process: RunningProcess
  readonly #folder: string
  readonly #domain: string
  readonly #control: Control

  constructor(folder: string, domain: string, process: RunningProcess, control: Control) {
    this.#folder = folder
    this.#domain = domain
    this.process = process
    this.#control = control
  }

  get events(): readonly BaresipEvent[] {
    return this.#control.events
  }

  async command(name: string, parameters?: string): Promise<string> {
    const text = JSON.stringify(parameters === undefined ? { command: name } : { command: name, params: parameters })
    const before = this.#control.replies.length
    this.#control.socket.write(`${text.length}:${text},`)
    return eventually(() => this.#control.replies[before], 3000, `baresip's reply to ${name}`)
  }

  async waitFor(type: string, timeoutMs = 5000, from = 0): Promise<BaresipEvent> {
    const found = (): BaresipEvent | undefined => this.events.slice(from).find(event => event.type === type)
    return eventually(found, timeoutMs, `baresip's ${type}`).catch((error: Error) => {
      const seen = this.events.map(event => `${event.type} ${event.param ?? ''}`).join(', ')
      throw new Error(`${error.message}; seen: ${seen}; said: ${this.process.output().slice(-1500)}`)
    })
  }

  async registered(): Promise<void> {
    // The event may have passed before the control connection was there: its output tells too.
    await this.process.waitForOutput(/registered successfully/, 6000)
  }

  async dial(target: string): Promise<void> {
    await this.command('dial', target.includes(':') ? target : `sip:${target}@${this.#domain}`)
  }

  async accept(): Promise<void> {
    await this.command('accept')
  }

  async hangup(): Promise<void> {
    await this.command('hangup')
  }

  async hold(): Promise<void> {
    await this.command('hold')
  }

  async resume(): Promise<void> {
    await this.command('resume')
  }

  async transfer(target: string): Promise<void> {
    await this.command('transfer', `sip:${target}@${this.#domain}`)
  }

  #recording(): { path: string; size: number } | undefined {
    const newest = readdirSync(this.#folder)
      .filter(name => name.endsWith('-dec.wav'))
      .map(name => ({ path: join(this.#folder, name), stat: statSync(join(this.#folder, name)) }))
      .sort((a, b) => b.stat.mtimeMs - a.stat.mtimeMs)[0]
    return newest === undefined ? undefined : { path: newest.path, size: newest.stat.size }
  }

  /** A property, so that it can be handed on by itself. */
  readonly measure = async (frequency: number, milliseconds = 600): Promise<ToneMeasurement> => {
    const before = this.#recording()
    await pause(milliseconds)
    const after = this.#recording()
    if (after === undefined) return measureTone(new Int16Array(0), frequency)
    const { samples, sampleRate } = readWav(after.path)
    const known = before?.path === after.path ? Math.floor((before.size - 44) / 2) : 0
    return measureTone(samples.subarray(Math.max(0, known)), frequency, sampleRate)
  }

  async stop(): Promise<void> {
    this.#control.socket.destroy()
    await this.process.stop(2000)
  }
}
