/** What a start tells whoever waits for it. */
export interface DaemonHooks {
  /** Ends a start that is under way. */
  readonly signal: AbortSignal
  /** `sources`: where bytes come from, such as `hub 1, peers 3`. */
  onProgress (stage: string, unit: 'bytes' | 'layers', done: number, total: number, sources?: string): void
  /** A word to the person who waits. */
  onNote (text: string): void
}
