/**
 * Debian's Kamailio as a secure edge, with what such an edge has: TLS and UDP, checks of form and rate, digest for REGISTER and
 * INVITE against accounts in memory, locations in memory, record-route, and rtpengine where media is asked for.
 */
const MODULES = ['/usr/lib/x86_64-linux-gnu/kamailio/modules/', '/usr/lib/aarch64-linux-gnu/kamailio/modules/']

const LOADED = [
  'tls',
  'kex',
  'tm',
  'tmx',
  'sl',
  'rr',
  'pv',
  'maxfwd',
  'textops',
  'siputils',
  'sanity',
  'htable',
  'auth',
  'usrloc',
  'registrar',
  'pike',
  'cfgutils',
]

export interface KamailioPlaces {
  readonly tlsPort: number
  readonly udpPort: number
  readonly tlsConfiguration: string
  /** Port of rtpengine's control protocol. */
  readonly mediaControl: number | undefined
}

const PARAMETERS = `modparam("tm", "fr_timer", 5000)
modparam("tm", "fr_inv_timer", 30000)
modparam("tm", "failure_reply_mode", 3)
modparam("rr", "enable_full_lr", 1)
modparam("rr", "append_fromtag", 1)
modparam("usrloc", "db_mode", 0)
modparam("usrloc", "hash_size", 14)
modparam("registrar", "max_contacts", 1)
modparam("registrar", "max_expires", 7200)
modparam("auth", "qop", "auth")
modparam("auth", "nonce_count", 1)
modparam("auth", "nonce_expire", 60)
modparam("auth", "nid_pool_no", 4)
modparam("auth", "nc_array_order", 20)
modparam("auth", "secret", "a secret of the benchmark")
modparam("htable", "htable", "ha1=>size=14;")
modparam("htable", "htable", "banned=>size=8;autoexpire=300;")
modparam("pike", "sampling_time_unit", 2)
modparam("pike", "reqs_density_per_unit", 16)
modparam("pike", "remove_latency", 4)
`

/** Accounts are those of `benchUsers`, their secrets computed at the start. */
function accounts(users: number, callee: string): string {
  return `event_route[htable:mod-init] {
  $var(i) = 0;
  while ($var(i) < ${users}) {
    $var(n) = "0000" + $var(i);
    $var(n) = $(var(n){s.substr,-5,0});
    $var(secret) = "u" + $var(n) + ":bench.test:pw-" + $var(n) + "-x";
    $var(u) = "u" + $var(n);
    $sht(ha1=>$var(u)) = $(var(secret){s.md5});
    $var(i) = $var(i) + 1;
  }
  $var(secret) = "${callee}:bench.test:pw-${callee}-x";
  $sht(ha1=>${callee}) = $(var(secret){s.md5});
}
`
}

/** Both legs have suites of their own, so that rtpengine re-encrypts: the caller's is AES-128, the callee takes AES-256. */
const MEDIA_FLAGS = 'replace-origin replace-session-connection RTP/SAVP ICE=remove DTLS=off'

function routes(media: boolean): string {
  const whenMedia = (text: string): string => (media ? text : '')
  return `request_route {
  if ($si != "127.0.0.1") {
    if ($sht(banned=>$si) != $null) exit;
    if (!pike_check_req()) { $sht(banned=>$si) = 1; exit; }
  }
  if ($ua =~ "friendly-scanner|sipvicious|sipcli|sip-scan") exit;
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (!sanity_check("1511", "7")) exit;
  if (is_method("OPTIONS") && uri == myself && $rU == $null) { sl_send_reply("200", "OK"); exit; }
  if (is_method("CANCEL")) { if (t_check_trans()) route(RELAY); exit; }
  if (has_totag()) {
    if (loose_route()) {
      ${whenMedia('if (is_method("BYE")) rtpengine_delete();')}
      if (is_method("ACK") && $du == $null && uri == myself) exit;
      route(RELAY);
    }
    if (is_method("ACK")) { if (t_check_trans()) route(RELAY); exit; }
    sl_send_reply("404", "Not here");
    exit;
  }
  t_check_trans();
  if (is_method("REGISTER")) {
    if ($adu == $null || $sht(ha1=>$au) == $null || $au != $tU
        || !pv_www_authenticate("bench.test", "$sht(ha1=>$au)", "1")) {
      www_challenge("bench.test", "1");
      exit;
    }
    consume_credentials();
    if (!save("location", "0x04")) sl_reply_error();
    exit;
  }
  if (!is_method("INVITE")) { sl_send_reply("405", "Method Not Allowed"); exit; }
  if ($adu == $null || $sht(ha1=>$au) == $null || $au != $fU
      || !pv_proxy_authenticate("bench.test", "$sht(ha1=>$au)", "1")) {
    proxy_challenge("bench.test", "1");
    exit;
  }
  consume_credentials();
  if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
  record_route();
  ${whenMedia(`if (has_body("application/sdp")) rtpengine_offer("${MEDIA_FLAGS}");
  t_on_reply("MEDIA");`)}
  route(RELAY);
}
route[RELAY] { if (!t_relay()) sl_reply_error(); exit; }
${whenMedia(`onreply_route[MEDIA] {
  if (status =~ "2[0-9][0-9]" && has_body("application/sdp")) rtpengine_answer("${MEDIA_FLAGS}");
}
`)}`
}

export function kamailioConfiguration(places: KamailioPlaces, users: number, callee: string): string {
  const { mediaControl } = places
  const modules = mediaControl === undefined ? LOADED : [...LOADED, 'rtpengine']
  const control =
    mediaControl === undefined
      ? ''
      : `modparam("rtpengine", "rtpengine_sock", "udp:127.0.0.1:${mediaControl}")
modparam("rtpengine", "rtpengine_tout_ms", 2000)
`
  return `#!KAMAILIO
debug=1
log_stderror=yes
fork=yes
children=2
socket_workers=2
tcp_children=2
open_files_limit=16384
tcp_max_connections=32768
tls_max_connections=32768
tcp_connection_lifetime=7205
enable_tls=yes
max_while_loops=200000
auto_aliases=no
alias="bench.test"
dns=no
rev_dns=no
server_signature=no
sip_warning=no
mlock_pages=no
listen=udp:127.0.0.1:${places.udpPort}
listen=tls:127.0.0.1:${places.tlsPort}
mpath="${MODULES.join(':')}"
${modules.map(name => `loadmodule "${name}.so"`).join('\n')}
modparam("tls", "config", "${places.tlsConfiguration}")
${PARAMETERS}${control}${routes(mediaControl !== undefined)}${accounts(users, callee)}`
}

export function tlsConfiguration(certificate: string, privateKey: string): string {
  return `[server:default]
method = TLSv1.2+
verify_certificate = no
require_certificate = no
private_key = ${privateKey}
certificate = ${certificate}
[client:default]
method = TLSv1.2+
verify_certificate = no
require_certificate = no
`
}
