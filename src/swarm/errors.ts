/** A record that breaks a rule: forged, stale, expired, oversized or malformed. Whoever sent it is at fault. */
export class RecordError extends Error {
  override name = 'RecordError'
}

/** A description of this node that no record can hold. */
export class DescriptionError extends Error {
  override name = 'DescriptionError'
}
