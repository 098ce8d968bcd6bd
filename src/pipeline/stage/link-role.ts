/** What a link does with what comes, once its first frame has said what it is. */
export interface LinkRole {
  frame (frame: Uint8Array): void
  closed (): void
}
