/** People: how they got in or did not, and every change of who may do what. */
import type { FieldChange } from './outside-events.ts'
import type { Actor } from './system-events.ts'

export interface PeopleEvents {
  /** The link itself is nowhere but on the screen of whoever asked for it. */
  'people.invited': {
    readonly actor: Actor
    readonly person: string
    readonly role: string
    readonly scope: string
    readonly expiresAt: number
  }
  /** Somebody who had lost their devices got a new link. Loud: it is how an account is taken over. */
  'people.recovery-started': {
    readonly actor: Actor
    readonly person: string
    readonly reason: string
    readonly expiresAt: number
  }
  'people.enrolled': {
    readonly actor: Actor
    readonly person: string
    readonly factor: 'passkey' | 'password+totp'
    readonly recovery: boolean
  }
  'people.changed': { readonly actor: Actor; readonly person: string; readonly changed: readonly FieldChange[] }
  'people.suspended': { readonly actor: Actor; readonly person: string; readonly reason: string }
  'people.restored': { readonly actor: Actor; readonly person: string; readonly reason: string }
  'people.removed': { readonly actor: Actor; readonly person: string }
  'people.factor-added': { readonly actor: Actor; readonly person: string; readonly factor: string }
  'people.factor-removed': { readonly actor: Actor; readonly person: string; readonly factor: string }
  'people.signed-in': {
    readonly actor: Actor
    readonly person: string
    readonly method: string
    readonly userAgent: string
    /** Not from this network before. */
    readonly newNetwork: boolean
  }
  'people.sign-in-failed': {
    /** As typed, shortened; `-` where none was. */
    readonly person: string
    readonly address: string
    readonly userAgent: string
    readonly method: string
    readonly reason: string
  }
  'people.locked': {
    readonly person: string
    readonly address: string
    readonly attempts: number
    readonly until: number
  }
  'people.signed-out': { readonly actor: Actor; readonly person: string; readonly why: string }
  /** A session was used from elsewhere than where it was made, and ended. */
  'people.session-refused': {
    readonly person: string
    readonly address: string
    readonly userAgent: string
    readonly reason: string
  }
  'people.stepped-up': { readonly actor: Actor; readonly person: string; readonly method: string }
  /** Somebody asked for what their role does not have. */
  'people.forbidden': { readonly actor: Actor; readonly what: string }
  'people.api-key-added': {
    readonly actor: Actor
    readonly key: string
    readonly scopes: readonly string[]
    readonly networks: readonly string[]
    readonly expiresAt: number
  }
  'people.api-key-removed': { readonly actor: Actor; readonly key: string }
  'people.api-key-refused': { readonly key: string; readonly address: string; readonly reason: string }
  'directory.organisation-added': { readonly actor: Actor; readonly organisation: string; readonly domain: string }
}
