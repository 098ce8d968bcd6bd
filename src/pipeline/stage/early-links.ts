import { UNUSED_MS, type Hello } from '../../../protocols/ring/index.ts'
import { MalformedError } from '../errors.ts'
import type { LinkRole } from './link-role.ts'
import type { Clock, Link } from '../../p2p/index.ts'

/** Of one peer for one stage and epoch, of one peer, and in all: nobody takes the room of everybody. */
const MAX_ALIKE = 8
const MAX_OF_PEER = 64
const MAX_LINKS = 512

/** A data link whose HELLO fits no session that is open. */
export interface EarlyLink {
  readonly link: Link
  readonly hello: Hello
  readonly helloFrame: Uint8Array
  /** Hands the link over. */
  become (role: LinkRole): void
  /** Tells it why, and closes it. */
  refuse (message: string): void
}

/**
 * HELLOs that came before their OPEN or REROUTE: stages enter an epoch in parallel. Those that come late or to the wrong stage are kept
 * just as long: whether the session they belong to is yet to be opened, nobody can tell.
 */
export interface EarlyLinks {
  /** Keeps it until its session takes it, it ends or sends something, or its time is up. @throws {MalformedError} where there is no more room */
  add (key: string, early: EarlyLink): void
  /** Offers those of a key to a session; what it does not take may be another session's. @param take true where it took the link */
  offer (key: string, take: (early: EarlyLink) => boolean): void
  clear (): void
}

interface Entry {
  readonly early: EarlyLink
  forget (): void
}

export function earlyLinks (clock: Clock): EarlyLinks {
  const held = new Map<string, Set<Entry>>()
  const all = (): Entry[] => [...held.values()].flatMap((entries) => [...entries])
  const of = (peer: string, entries: Iterable<Entry>): number => [...entries].filter(({ early }) => early.link.peer === peer).length

  return {
    add (key, early) {
      const { link, become, refuse } = early
      const alike = held.get(key) ?? new Set<Entry>()
      const others = all()
      if (others.length >= MAX_LINKS || of(link.peer, others) >= MAX_OF_PEER || of(link.peer, alike) >= MAX_ALIKE) throw new MalformedError('too many links wait for their sessions')
      const stopWaiting = clock.after(UNUSED_MS, () => { end('no session was opened that this peer is a previous stage of') })
      const entry: Entry = {
        early,
        forget () {
          stopWaiting()
          alike.delete(entry)
          if (alike.size === 0 && held.get(key) === alike) held.delete(key)
        }
      }
      function end (why: string): void {
        entry.forget()
        become({ frame () { /* what comes after a refusal */ }, closed () { /* nothing is held */ } })
        refuse(why)
      }
      alike.add(entry)
      held.set(key, alike)
      become({
        frame () { end('data before the session is open') },
        closed: entry.forget
      })
    },

    offer (key, take) {
      for (const { early, forget } of [...held.get(key) ?? []]) if (take(early)) forget()
    },

    clear () {
      for (const { early, forget } of all()) {
        forget()
        early.link.abort(new Error('the node is stopping'))
      }
    }
  }
}
