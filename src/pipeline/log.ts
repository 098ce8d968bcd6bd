/** Where the pipeline says what it does. Never given a prompt, a token, an id of one, or an activation. */
export interface PipelineLog {
  debug (fields: object, message: string): void
}

export const sessionName = (session: Uint8Array): string => Buffer.from(session).toString('hex')
