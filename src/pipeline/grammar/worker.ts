/** Entry of the worker thread: see grammars.ts. */
import { parentPort } from 'node:worker_threads'
import { desk } from './desk.ts'
import type { Order } from './messages.ts'

const work = desk()

parentPort?.on('message', (order: Order) => {
  const answer = work.do(order)
  if (answer !== undefined) parentPort?.postMessage(answer)
})
