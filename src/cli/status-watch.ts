/** `shoal status --watch`: looks again and again, also while there is nobody to look at. */
import { setTimeout as delay } from 'node:timers/promises'
import { openScreen } from './screen.ts'
import { statusLine, statusScreen } from './status-screen.ts'
import { withSwarm, type JoinOptions } from './connect.ts'
import type { Context } from './command.ts'
import type { Overview } from '../daemon/index.ts'

/** What was seen, or why nothing was. */
export type Look = { readonly kind: 'seen', readonly seen: Overview } | { readonly kind: 'nothing', readonly why: string }

const LOOK_EVERY_MS = 1000
/** Through the DHT: others have work to do. */
const VISIT_EVERY_MS = 2000

/** Until Ctrl-C: ends by throwing the signal's reason. */
export async function watchStatus (context: Context, options: JoinOptions): Promise<void> {
  const { out } = context
  const looks = options.join === undefined ? atHome(context) : elsewhere(context, options)
  if (out.terminal) await drawn(looks)
  else await told(looks, context)
}

/** The node on this machine, whenever it is there. */
async function * atHome ({ data, signal }: Context): AsyncGenerator<Look> {
  const { askOverview } = await import('../daemon/index.ts')
  for (;;) {
    yield await askOverview(data, { signal }).then((seen): Look => ({ kind: 'seen', seen }), (error: unknown): Look => ({ kind: 'nothing', why: reason(error, signal) }))
    await delay(LOOK_EVERY_MS, undefined, { signal })
  }
}

/** As a visitor, who joins again where nobody is seen any more. */
async function * elsewhere (context: Context, options: JoinOptions): AsyncGenerator<Look> {
  const { signal } = context
  const { seenBy } = await import('../daemon/index.ts')
  for (;;) {
    const looks: Look[] = []
    let wake = (): void => { /* nobody waits yet */ }
    let over = false
    const visit = withSwarm(context, options, async (swarm) => {
      for (;;) {
        const view = await swarm.view({ signal })
        if (view.nodes.length === 0) throw new Error('no node is seen any more')
        looks.push({ kind: 'seen', seen: await seenBy(swarm.localPeerId, view) })
        wake()
        await delay(VISIT_EVERY_MS, undefined, { signal })
      }
    }).catch((error: unknown) => {
      looks.push({ kind: 'nothing', why: reason(error, signal) })
    }).finally(() => {
      over = true
      wake()
    })
    while (!over || looks.length > 0) {
      const next = looks.shift()
      if (next === undefined) await new Promise<void>((resolve) => { wake = resolve })
      else yield next
    }
    await visit
    await delay(VISIT_EVERY_MS, undefined, { signal })
  }
}

/** @throws the signal's reason: then it is no news */
function reason (error: unknown, signal: AbortSignal): string {
  signal.throwIfAborted()
  return error instanceof Error ? error.message : String(error)
}

const clock = (): string => new Date().toTimeString().slice(0, 8)

/** Tokens a second between two looks. */
function rates (): (look: Look) => number | undefined {
  let before: { readonly tokens: number, readonly atMs: number } | undefined
  let rate: number | undefined
  return (look) => {
    const here = look.kind === 'seen' ? look.seen.own : null
    if (here === null) {
      before = rate = undefined
      return undefined
    }
    const now = { tokens: here.tokens, atMs: performance.now() }
    // a node that was started anew counts from the beginning
    if (before !== undefined && now.atMs > before.atMs) rate = Math.max(0, now.tokens - before.tokens) / (now.atMs - before.atMs) * 1000
    before = now
    return rate
  }
}

async function drawn (looks: AsyncIterable<Look>): Promise<void> {
  const screen = openScreen()
  const rateOf = rates()
  let seen: Overview | undefined
  let note: string | undefined = 'looking…'
  let tokensPerSecond: number | undefined
  const draw = (): void => {
    screen.draw(statusScreen(seen, { columns: screen.columns, rows: screen.rows, time: clock(), tokensPerSecond, note }))
  }
  screen.onResize(draw)
  try {
    draw()
    for await (const look of looks) {
      tokensPerSecond = rateOf(look)
      if (look.kind === 'seen') seen = look.seen
      note = look.kind === 'seen' ? undefined : look.why
      draw()
    }
  } finally {
    screen.close()
  }
}

async function told (looks: AsyncIterable<Look>, { out }: Context): Promise<void> {
  const rateOf = rates()
  let gone = ''
  for await (const look of looks) {
    const tokensPerSecond = rateOf(look)
    if (look.kind === 'seen') {
      gone = ''
      out.event({ event: 'status', ...look.seen, tokensPerSecond: tokensPerSecond ?? null })
      out.line(statusLine(look.seen, { time: clock(), tokensPerSecond }))
    } else if (look.why !== gone) {
      // once, however long it takes
      gone = look.why
      out.event({ event: 'gone', message: look.why })
      out.line(`${clock()} · ${look.why}`)
    }
  }
}
