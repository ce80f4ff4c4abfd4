/** What can go wrong between a command and the running server. */

export type ControlErrorCode =
  /** Another server answers on this data folder's control socket. */
  | 'CONTROL_IN_USE'
  /** The control socket belongs to another user of this machine. */
  | 'CONTROL_FORBIDDEN'
  /** The folder of the control socket cannot be made or written. */
  | 'CONTROL_UNAVAILABLE'
  /** The HTTPS listener's port is taken or may not be opened. */
  | 'API_HTTPS_PORT'

export class ControlError extends Error {
  readonly code: ControlErrorCode

  constructor(code: ControlErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ControlError'
    this.code = code
  }
}
