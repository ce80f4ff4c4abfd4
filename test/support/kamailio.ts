/**
 * Drives Debian's Kamailio 5.6.3 as an outbound proxy in front of the system: phones speak TLS to it, it speaks TLS to us, adds
 * Path to REGISTER (RFC 3327) and Record-Route to what makes a dialog, and keeps phones' flows by the received address.
 */
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { eventually, freePort } from './places.ts'
import { type RunningProcess, startProcess } from './processes.ts'

export const KAMAILIO_MODULES = [
  '/usr/lib/x86_64-linux-gnu/kamailio/modules/',
  '/usr/lib/aarch64-linux-gnu/kamailio/modules/',
]

export interface KamailioOptions {
  readonly folder: string
  /** Where Ringfence takes TLS. */
  readonly upstream: { readonly address: string; readonly port: number }
  /** CA of Ringfence's certificate. */
  readonly upstreamCa: string
  /** Certificate and key that phones see, PEM files. */
  readonly certificate: string
  readonly privateKey: string
}

export interface Kamailio {
  readonly process: RunningProcess
  readonly tlsPort: number
  stop(): Promise<void>
}

function configuration(options: KamailioOptions, port: number): string {
  const { address, port: upstreamPort } = options.upstream
  return `#!KAMAILIO
debug=1
log_stderror=yes
fork=yes
children=1
tcp_children=2
enable_tls=yes
auto_aliases=no
dns=no
rev_dns=no
server_signature=no
listen=tls:127.0.0.1:${port}
mpath="${KAMAILIO_MODULES.join(':')}"
loadmodule "tls.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "path.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "nathelper.so"
modparam("tls", "config", "${join(options.folder, 'tls.cfg')}")
modparam("rr", "enable_full_lr", 1)
modparam("path", "use_received", 1)
modparam("tm", "fr_timer", 5000)
request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  if (has_totag()) {
    if (loose_route()) {
      if ($du == $null) handle_ruri_alias();
      t_on_reply("CONTACT");
      t_relay();
      exit;
    }
    if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
    sl_send_reply("404", "Not here");
    exit;
  }
  # From upstream: the Route set that our Path made leads to the phone's flow.
  if ($si == "${address}" && $sp == ${upstreamPort}) { route(DOWN); exit; }
  if (loose_route()) { if ($du != $null) { record_route(); t_relay(); exit; } }
  if (is_method("REGISTER")) {
    if (!add_path_received()) { sl_send_reply("503", "No path"); exit; }
  } else {
    record_route();
    add_contact_alias();
  }
  $du = "sip:${address}:${upstreamPort};transport=tls";
  t_relay();
}
route[DOWN] {
  loose_route();
  record_route();
  t_on_reply("CONTACT");
  t_relay();
}
# A phone's contact names a port that it does not take connections on: its connection is remembered in the contact.
onreply_route[CONTACT] {
  if ($sp != ${upstreamPort}) add_contact_alias();
}
`
}

function tlsConfiguration(options: KamailioOptions): string {
  return `[server:default]
method = TLSv1.2+
verify_certificate = no
require_certificate = no
private_key = ${options.privateKey}
certificate = ${options.certificate}
[client:default]
method = TLSv1.2+
verify_certificate = yes
require_certificate = yes
ca_list = ${options.upstreamCa}
`
}

export function accepts(port: number, address = '127.0.0.1'): Promise<boolean> {
  return new Promise(done => {
    const socket = connect(port, address)
    socket.once('connect', () => done(true)).once('error', () => done(false))
    socket.once('connect', () => socket.destroy())
  })
}

export async function startKamailio(options: KamailioOptions): Promise<Kamailio> {
  const tlsPort = await freePort()
  const file = join(options.folder, 'kamailio.cfg')
  writeFileSync(file, configuration(options, tlsPort))
  writeFileSync(join(options.folder, 'tls.cfg'), tlsConfiguration(options))
  // -DD: stays in the foreground, so that its id is the one to stop.
  const args = ['-f', file, '-DD', '-E', '-m', '64', '-M', '8', '-Y', options.folder]
  const process = startProcess('kamailio', args.concat('-P', join(options.folder, 'kamailio.pid')))
  // It says that it listens before it does.
  await eventually(() => accepts(tlsPort), 8000, 'kamailio accepts connections')
  return { process, tlsPort, stop: () => process.stop(4000) }
}
