/** How many signals `AbortSignal.any` has joined to this one and Node has not let go of: on Node 20 it never does. */
export function joinedTo (signal: AbortSignal): number {
  const symbol = Object.getOwnPropertySymbols(signal).find(({ description }) => description === 'kDependantSignals')
  const joined: unknown = symbol === undefined ? undefined : Object.getOwnPropertyDescriptor(signal, symbol)?.value
  return typeof joined === 'object' && joined != null && 'size' in joined ? Number(joined.size) : 0
}

/** What `AbortSignal.any` has joined to signals of controllers that `use` makes. */
export async function joinedDuring (use: () => Promise<void>): Promise<number> {
  const own = globalThis.AbortController
  const signals: AbortSignal[] = []
  globalThis.AbortController = class extends own {
    constructor () {
      super()
      signals.push(this.signal)
    }
  }
  try {
    await use()
  } finally {
    globalThis.AbortController = own
  }
  return Math.max(0, ...signals.map(joinedTo))
}
