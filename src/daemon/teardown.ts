/** Undoes the steps of a start in reverse, each with a bound, whether the start came to its end or not. */
export interface Teardown {
  /** @param timeoutMs how long it may take @default 5,000 */
  add (step: string, undo: () => Promise<void>, timeoutMs?: number): void
  /** Runs once; later calls wait for the first. */
  run (): Promise<void>
}

const STEP_TIMEOUT_MS = 5_000

async function bounded (undo: () => Promise<void>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => { reject(new Error(`it took more than ${timeoutMs} ms`)) }, timeoutMs)
  })
  try {
    await Promise.race([undo(), late])
  } finally {
    clearTimeout(timer)
  }
}

export function teardown (onError: (step: string, error: Error) => void): Teardown {
  const steps: Array<{ step: string, undo: () => Promise<void>, timeoutMs: number }> = []
  let running: Promise<void> | undefined
  const run = async (): Promise<void> => {
    for (const { step, undo, timeoutMs } of steps.reverse()) {
      try {
        await bounded(undo, timeoutMs)
      } catch (error) {
        onError(step, error instanceof Error ? error : new Error(String(error)))
      }
    }
  }
  return {
    add: (step, undo, timeoutMs = STEP_TIMEOUT_MS) => { steps.push({ step, undo, timeoutMs }) },
    run: async () => {
      running ??= run()
      await running
    }
  }
}
