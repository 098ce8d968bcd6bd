/** Names and values out of a stranger's file are quoted in messages: one line, printable, short. */
function printable (message: string): string {
  const line = message.replace(/\p{C}+/gu, '\uFFFD')
  return line.length > 600 ? `${line.slice(0, 600)}…` : line
}

/** The source of a model is malformed: truncated, lying, or at odds with itself. The file is wrong, nobody else. */
export class FormatError extends Error {
  override name = 'FormatError'

  constructor (message: string, options?: ErrorOptions) {
    super(printable(message), options)
  }
}

/** The source is sound, but is something that Shoal does not read yet: the message names it and what is read. */
export class UnsupportedModelError extends Error {
  override name = 'UnsupportedModelError'

  constructor (message: string, options?: ErrorOptions) {
    super(printable(message), options)
  }
}

/** The conversation can't be put into the model's chat template: the request is wrong, nobody is blamed. */
export class TemplateError extends Error {
  override name = 'TemplateError'

  constructor (message: string, options?: ErrorOptions) {
    super(printable(message), options)
  }
}

/** A JSON Schema that can't be kept to: it is malformed, or says what no grammar is made of. The message names what, and where. */
export class SchemaError extends Error {
  override name = 'SchemaError'

  constructor (message: string, options?: ErrorOptions) {
    super(printable(message), options)
  }
}
