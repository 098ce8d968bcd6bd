/** What a peer sent is malformed or impossible: the one who sent it is at fault. */
export class MalformedError extends Error {
  override name = 'MalformedError'
}
