import type { Fault, Hello } from '../../../protocols/ring/index.ts'
import type { Clock, Host, Link } from '../../p2p/index.ts'
import type { Constraint } from '../grammar/index.ts'
import type { ReplayBuffer } from '../replay-buffer.ts'
import type { Inbound } from './inbound.ts'
import type { Lease } from './lease.ts'
import type { Meter } from './meter.ts'
import type { Orphan } from './orphans.ts'
import type { LapObserver } from './tally.ts'

export interface StageSessionComponents {
  readonly host: Pick<Host, 'open' | 'sign' | 'verify'>
  readonly clock: Clock
  readonly meter: Meter
  readonly observer?: LapObserver | undefined
  readonly replay: ReplayBuffer
  readonly control: Link
  readonly lease: Lease
  /** What a tail's answer is held to. */
  readonly constraint?: Constraint | undefined
  /** The session is in another epoch: HELLOs of it may wait. */
  entered (epoch: number): void
  /** The coordinator is gone without a word: what is here may be gone on with. Absent: nobody may. */
  readonly orphaned?: ((left: Pick<Orphan, 'slot' | 'replay' | 'settled'>) => void) | undefined
  /** The session is over. Called once, after `orphaned`. */
  released (): void
}

/** One session's work on one span: frames in, in order; rows or tokens out. Its epochs come and go, what it computed stays. */
export interface StageSession {
  /** Dials the next stages and says READY. @throws {UnreachableError} */
  open (): Promise<void>
  readonly epoch: number
  /** A data link of this epoch that begins with HELLO. @throws {MalformedError} where its peer is none of the previous stages */
  attach (link: Link, hello: Hello, helloFrame: Uint8Array): Inbound
  /** A frame of the control link. */
  control (frame: Uint8Array): void
  /** Tells the coordinator that this stage will be gone soon, and goes on. */
  leave (): void
  /** Tells the coordinator why this stage can't go on, and frees everything. */
  fail (fault: Partial<Fault> & Pick<Fault, 'kind' | 'message'>): void
  /** Frees everything. */
  end (): void
  /** The control link is over: what is here is left to whoever may go on with it, or freed. */
  orphan (): void
  /** Another coordinator goes on with it: this one is told, and may blame nobody. */
  giveUp (): void
  /** Rows that may still come. */
  readonly left: number
}
