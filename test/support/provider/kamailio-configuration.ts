/**
 * What Debian's Kamailio 5.6.3 is told, to be a telephone provider: trunks on its outer listener, one subscriber (a real phone)
 * on its inner one. Calls of a trunk go to the subscriber, whatever number they are for; calls of the subscriber go to the trunk.
 *
 * What a test may change while it runs stands in the hash table `control` (see `controls` of provider.ts).
 */
import { KAMAILIO_MODULES } from '../kamailio.ts'

export interface ProviderPlaces {
  /** Loopback address of this provider, its own. */
  readonly address: string
  /** Where trunks reach it. */
  readonly outerPort: number
  /** Where its subscriber does, UDP. */
  readonly innerPort: number
  /** Path of the socket for commands. */
  readonly control: string
  readonly folder: string
}

export interface DigestCustomer {
  readonly kind: 'tls-digest'
  readonly username: string
  readonly password: string
  readonly algorithm: 'MD5' | 'SHA-256'
  /** Seconds that a nonce is good for. */
  readonly nonceSeconds: number
  /** What the Request-URI of a call to the trunk names: the number, or the contact as it was registered (To names the number). */
  readonly requestUri: 'number' | 'contact'
}

export interface FixedCustomer {
  readonly kind: 'udp-fixed'
  /** The trunk's address and port: nobody else is served. */
  readonly address: string
  readonly port: number
}

export type Customer = DigestCustomer | FixedCustomer

export interface ProviderSetup extends ProviderPlaces {
  readonly domain: string
  /** User part of the subscriber's address of record: its number. */
  readonly subscriber: string
  readonly customer: Customer
}

const MODULES =
  'tm tmx sl rr pv maxfwd textops siputils xlog htable ctl usrloc registrar nathelper auth uac async kex corex'.split(
    ' ',
  )

export function providerConfiguration(setup: ProviderSetup): string {
  const tls = setup.customer.kind === 'tls-digest'
  return `#!KAMAILIO
debug=0
log_stderror=yes
fork=yes
children=2
tcp_children=2
async_workers=1
auto_aliases=no
dns=no
rev_dns=no
server_signature=no
mhomed=no
${tls ? 'enable_tls=yes\ntcp_connection_lifetime=3600' : 'disable_tcp=yes'}
listen=${tls ? 'tls' : 'udp'}:${setup.address}:${setup.outerPort}
listen=udp:${setup.address}:${setup.innerPort}
mpath="${KAMAILIO_MODULES.join(':')}"
${[...(tls ? ['tls'] : []), ...MODULES].map(name => `loadmodule "${name}.so"`).join('\n')}
${tls ? `modparam("tls", "config", "${setup.folder}/tls.cfg")` : ''}
modparam("ctl", "binrpc", "unix:${setup.control}")
modparam("htable", "htable", "control=>size=6;")
modparam("xlog", "buf_size", 131072)
modparam("rr", "enable_full_lr", 1)
modparam("rr", "append_fromtag", 1)
modparam("uac", "restore_mode", "auto")
modparam("tm", "fr_timer", 5000)
modparam("tm", "fr_inv_timer", 90000)
modparam("async", "ms_timer", 20)
modparam("usrloc", "db_mode", 0)
modparam("registrar", "received_avp", "$avp(received)")
modparam("nathelper", "received_avp", "$avp(received)")
modparam("registrar", "max_expires", 3600)
modparam("registrar", "min_expires", 5)
${setup.customer.kind === 'tls-digest' ? digestParameters(setup.customer) : ''}
${requestRoute(setup)}
${fromTrunk(setup)}
${fromSubscriber(setup)}
# A contact behind a connection names a port that takes none: the connection is remembered in the contact.
onreply_route[TRUNK_ANSWERS] {
  if ($proto == "tls") add_contact_alias();
}
# Core: every answer, before any other route.
reply_route {
  if ($Rp == ${setup.outerPort}) {
    xlog("L_ALERT", "SEEN answer $TV(Sn) $(mb{s.encode.hexa})\\n");
    if ($sht(control=>silent) == 1) drop;
  }
}
`
}

function digestParameters(customer: DigestCustomer): string {
  return `modparam("auth", "nonce_expire", ${customer.nonceSeconds})
modparam("auth", "algorithm", "${customer.algorithm}")
modparam("auth", "qop", "auth")`
}

function requestRoute(setup: ProviderSetup): string {
  return `request_route {
  if ($Rp == ${setup.outerPort}) {
    xlog("L_ALERT", "SEEN request $TV(Sn) $(mb{s.encode.hexa})\\n");
    if ($sht(control=>silent) == 1) exit;
  }
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  if (has_totag()) {
    if (loose_route()) {
      if ($du == $null) handle_ruri_alias();
      if ($proto == "tls") add_contact_alias();
      t_on_reply("TRUNK_ANSWERS");
      t_relay();
      exit;
    }
    if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
    sl_send_reply("481", "Not here");
    exit;
  }
  if (is_method("ACK")) exit;
  t_check_trans();
  if ($Rp == ${setup.outerPort}) route(FROM_TRUNK);
  else route(FROM_SUBSCRIBER);
}`
}

function admission(customer: Customer, realm: string): string {
  if (customer.kind === 'udp-fixed') {
    return `if ($si != "${customer.address}" || $sp != ${customer.port}) { sl_send_reply("403", "Not a customer"); exit; }
  if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }`
  }
  return `if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
  if ($sht(control=>refuse) != $null) { sl_send_reply("$sht(control=>refuse)", "As told"); exit; }
  if ($au != "${customer.username}" || !pv_auth_check("${realm}", "${customer.password}", "0", "0")) {
    auth_challenge("${realm}", "1");
    exit;
  }
  if (is_method("REGISTER")) {
    fix_nated_register();
    if (!save("location")) sl_reply_error();
    exit;
  }
  consume_credentials();`
}

function fromTrunk(setup: ProviderSetup): string {
  return `route[FROM_TRUNK] {
  ${admission(setup.customer, setup.domain)}
  if (!is_method("INVITE")) { sl_send_reply("405", "Method Not Allowed"); exit; }
  if ($sht(control=>answer) != $null) { sl_send_reply("$sht(control=>answer)", "As told"); exit; }
  if ($sht(control=>onebody) == 1 && has_body("multipart/mixed")) {
    sl_send_reply("415", "Unsupported Media Type");
    exit;
  }
  if ($sht(control=>delay) != $null) {
    t_newtran();
    async_ms_route("TO_SUBSCRIBER", "$sht(control=>delay)");
    exit;
  }
  route(TO_SUBSCRIBER);
}
route[TO_SUBSCRIBER] {
  $ru = "sip:${setup.subscriber}@${setup.domain}";
  if (!lookup("location")) { send_reply("480", "Temporarily Unavailable"); exit; }
  $fs = "udp:${setup.address}:${setup.innerPort}";
  record_route();
  if ($proto == "tls") add_contact_alias();
  t_relay();
  exit;
}`
}

/** Request-URI and way of a call to the trunk. */
function wayToTrunk({ customer, domain, address, outerPort }: ProviderSetup): string {
  if (customer.kind === 'udp-fixed') {
    return `$ru = "sip:" + $var(number) + "@${customer.address}:${customer.port}";
  $fs = "udp:${address}:${outerPort}";`
  }
  return `$ru = "sip:${customer.username}@${domain}";
  if (!lookup("location")) { sl_send_reply("480", "Not registered"); exit; }
  $fs = "tls:${address}:${outerPort}";
  ${customer.requestUri === 'number' ? '$rU = $var(number);' : ''}`
}

function fromSubscriber(setup: ProviderSetup): string {
  return `route[FROM_SUBSCRIBER] {
  if (is_method("REGISTER")) {
    fix_nated_register();
    if (!save("location")) sl_reply_error();
    exit;
  }
  if (!is_method("INVITE")) { sl_send_reply("405", "Method Not Allowed"); exit; }
  $var(number) = $rU;
  ${wayToTrunk(setup)}
  if ($sht(control=>from) != $null) {
    if ($sht(control=>name) != $null) uac_replace_from("$sht(control=>name)", "$sht(control=>from)");
    else uac_replace_from("$sht(control=>from)");
  }
  if ($sht(control=>asserted) != $null) append_hf("P-Asserted-Identity: <$sht(control=>asserted)>\\r\\n");
  if ($sht(control=>privacy) != $null) append_hf("Privacy: $sht(control=>privacy)\\r\\n");
  if ($sht(control=>identity) != $null) append_hf("Identity: $sht(control=>identity)\\r\\n");
  record_route();
  t_on_reply("TRUNK_ANSWERS");
  if (!t_relay()) sl_reply_error();
  exit;
}`
}

/** Who trunks see. */
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
