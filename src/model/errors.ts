/** The source of a model is malformed: truncated, lying, or at odds with itself. The file is wrong, nobody else. */
export class FormatError extends Error {
  override name = 'FormatError'
}

/** The source is sound, but is something that Shoal does not read yet: the message names it and what is read. */
export class UnsupportedModelError extends Error {
  override name = 'UnsupportedModelError'
}
