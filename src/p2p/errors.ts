/** A link that is over was used. */
export class LinkClosedError extends Error {
  override name = 'LinkClosedError'

  constructor (message = 'the link is closed', options?: ErrorOptions) {
    super(message, options)
  }
}

/** The other side broke the link's own rules: garbage, an oversized frame, an end inside a frame, silence where it had to speak. It is at fault. */
export class LinkFaultError extends Error {
  override name = 'LinkFaultError'
}

/** More was sent than the other side took, beyond every bound. */
export class LinkOverflowError extends Error {
  override name = 'LinkOverflowError'
}

/** A peer could not be reached. */
export class DialError extends Error {
  override name = 'DialError'
}

/** An address, invite or key that is none. The request is wrong. */
export class BadAddressError extends Error {
  override name = 'BadAddressError'
}

/** A port that was asked for is taken. */
export class PortInUseError extends Error {
  override name = 'PortInUseError'
}
