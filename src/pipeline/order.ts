/** What a stage knows of its place in a session's stream of frames. */
export interface OrderState {
  readonly epoch: number
  /** Newest lap that was let in; 0 before the first. */
  readonly lap: number
  /** Positions [0, have) are in the KV cache, or in the queue before this frame. */
  readonly have: number
}

export interface OrderHeader {
  readonly epoch: number
  readonly lap: number
  readonly position: number
}

export type Admission = 'run' | 'drop' | 'gap'

/**
 * The one rule that makes duplicates harmless and rollback, retry and replay the same thing: a lap already seen and another
 * epoch's frame are dropped; a new lap truncates what lies at or behind its position and runs; one beyond what is there is a gap.
 */
export function admitFrame (state: OrderState, header: OrderHeader): Admission {
  if (header.epoch !== state.epoch || header.lap <= state.lap) return 'drop'
  return header.position > state.have ? 'gap' : 'run'
}

/** The state after a frame that runs. */
export function afterFrame (state: OrderState, header: OrderHeader, rows: number): OrderState {
  return { epoch: state.epoch, lap: header.lap, have: header.position + rows }
}
