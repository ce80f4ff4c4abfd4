/** Ready files for two software phones: baresip (a folder for `baresip -f`) and linphone (a file for `-c`). */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { DeviceCredentials } from '../api/operations.ts'

/**
 * Writes into `folder` (made if missing, entered by its owner only) and returns the paths. The CA's certificate is copied, so
 * that the folder can be carried to another machine. Throws what the file system throws.
 */
export function writePhoneFiles(folder: string, credentials: DeviceCredentials): readonly string[] {
  const root = resolve(folder)
  const baresip = join(root, 'baresip')
  for (const path of [root, baresip]) {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    chmodSync(path, 0o700)
  }
  const ca = join(root, 'ca.pem')
  const files: readonly (readonly [string, string])[] = [
    [ca, readFileSync(credentials.ca, 'utf8')],
    [join(baresip, 'accounts'), baresipAccount(credentials)],
    [join(baresip, 'config'), baresipConfig(ca)],
    [join(baresip, 'contacts'), ''],
    [join(root, 'linphonerc'), linphoneConfig(credentials, ca)],
  ]
  for (const [path, content] of files) {
    writeFileSync(path, content, { mode: 0o600 })
    chmodSync(path, 0o600)
  }
  return files.filter(([, content]) => content !== '').map(([path]) => path)
}

function baresipAccount({ username, domain, password, outboundProxy }: DeviceCredentials): string {
  return `${[
    `<sip:${username}@${domain}>`,
    `auth_user=${username}`,
    `auth_pass=${password}`,
    `outbound="${outboundProxy}"`,
    'regint=600',
    'mediaenc=srtp-mand',
    'answermode=manual',
    'ptime=20',
  ].join(';')}\n`
}

function baresipConfig(ca: string): string {
  return `poll_method epoll
sip_cafile ${ca}
call_local_timeout 120
call_max_calls 4
audio_player alsa,default
audio_source alsa,default
audio_alert alsa,default
rtcp_mux no
jitter_buffer_delay 1-5
module_path /usr/lib/baresip/modules
module stdio.so
module opus.so
module g722.so
module g711.so
module alsa.so
module srtp.so
module_tmp uuid.so
module_tmp account.so
module_app contact.so
module_app menu.so
`
}

function linphoneConfig({ username, domain, password, outboundProxy }: DeviceCredentials, ca: string): string {
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
