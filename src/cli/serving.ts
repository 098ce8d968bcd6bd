/** From start to the end of a drain: what `shoal serve` shows and how it is stopped. */
import { shortPeer } from './format.ts'
import type { Context } from './command.ts'
import type { Progress } from './progress.ts'
import type { Daemon, DaemonHooks } from '../daemon/index.ts'

/** Starts a daemon, keeps it until Ctrl-C (or its parent's end), and stops it in good order. */
export async function serving ({ out, signal }: Context, start: (hooks: DaemonHooks) => Promise<Daemon>): Promise<void> {
  const bars = new Map<string, Progress>()
  const stopBars = (): void => {
    bars.forEach((bar) => { bar.stop() })
    bars.clear()
  }
  // Whoever started this process through a channel wants it to end with the channel.
  const orphaned = new AbortController()
  if (process.connected) process.once('disconnect', () => { orphaned.abort() })
  const ended = AbortSignal.any([signal, orphaned.signal])

  let daemon: Daemon
  try {
    daemon = await start({
      signal: ended,
      onNote: out.note,
      onProgress: (stage, unit, done, total, sources) => {
        const bar = bars.get(stage) ?? out.progress(stage, unit)
        bars.set(stage, bar)
        bar.update(done, total, sources)
        if (done < total) return
        bar.stop()
        bars.delete(stage)
      }
    })
  } finally {
    stopBars()
  }
  const { peerId, addrs, http, model, modelId, span } = daemon.state
  out.event({ event: 'ready', peerId, addrs, http, model, modelId, span })
  out.line(`${span[1] === 0 ? 'sharing the weights' : `serving layers ${span[0]} to ${span[1] - 1}`} of ${model} as …${shortPeer(peerId)}`)
  for (const address of addrs) out.line(`  ${address}`)
  if (http != null) out.line(`  ${http}/v1`)
  out.note('Ctrl-C stops the node when the answers it works on are done or handed over; twice stops it at once. `shoal invite` prints what others join with.')

  const interrupted = new Promise((resolve) => { ended.addEventListener('abort', resolve, { once: true }) })
  if (!ended.aborted) await Promise.race([interrupted, daemon.stopAsked])
  out.note(daemon.left === 0 ? 'stopping…' : `stopping when ${daemon.left} answers are done or handed over…`)
  await daemon.stop()
}
