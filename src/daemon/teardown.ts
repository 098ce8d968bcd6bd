/** Undoes the steps of a start in reverse, each with a bound, whether the start came to its end or not. */
export interface Teardown {
  add (step: string, undo: () => Promise<void>): void
  /** Runs once; later calls wait for the first. */
  run (): Promise<void>
}

const STEP_TIMEOUT_MS = 5_000

async function bounded (undo: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => { reject(new Error(`it took more than ${STEP_TIMEOUT_MS} ms`)) }, STEP_TIMEOUT_MS)
  })
  try {
    await Promise.race([undo(), late])
  } finally {
    clearTimeout(timer)
  }
}

export function teardown (onError: (step: string, error: Error) => void): Teardown {
  const steps: Array<{ step: string, undo: () => Promise<void> }> = []
  let running: Promise<void> | undefined
  const run = async (): Promise<void> => {
    for (const { step, undo } of steps.reverse()) {
      try {
        await bounded(undo)
      } catch (error) {
        onError(step, error instanceof Error ? error : new Error(String(error)))
      }
    }
  }
  return {
    add: (step, undo) => { steps.push({ step, undo }) },
    run: async () => {
      running ??= run()
      await running
    }
  }
}
