/** Answers whose stages are lost, hang or leave in the middle of them. */
import assert from 'node:assert/strict'
import { fakeSwarm as anySwarm, REQUEST, type FakeSwarm, type FakeSwarmInit } from './fake-swarm.ts'
import type { WatchedSpill } from './watched-spill.ts'
import type { GenerateEvent, GenerateRequest } from '../../../src/pipeline/index.ts'

/** Each span twice, and the whole once. */
export const SPARES = { spans: [['a', 0, 2], ['b', 2, 4], ['x', 4, 6], ['a2', 0, 2], ['b2', 2, 4], ['x2', 4, 6]] } satisfies FakeSwarmInit
export const PROMPT = Array.from({ length: 9 }, (_, index) => index * 5 % 64)
export const TOKENS = 16
export const REQUESTED: Partial<GenerateRequest> = { prompt: { kind: 'ids', ids: PROMPT }, maxTokens: TOKENS }

type Repaired = Extract<GenerateEvent, { kind: 'repaired' }>

/** Those with a number in their name are slower, so that the others are taken first. */
export async function fakeSwarm (init: FakeSwarmInit): Promise<FakeSwarm> {
  const swarm = await anySwarm(init)
  swarm.records.splice(0, Infinity, ...swarm.records.map((each) => ({
    ...each, spans: each.spans.map((span) => ({ ...span, decodeMsPerToken: /\d/.test(each.peerId) ? 2 : 1 }))
  })))
  return swarm
}

/** Runs to the end, doing something when so many tokens have come. */
export async function disturbed (swarm: FakeSwarm, after: number, act: () => void, request: Partial<GenerateRequest> = {}): Promise<GenerateEvent[]> {
  const events: GenerateEvent[] = []
  let tokens = 0
  if (after === 0) act()
  for await (const event of swarm.coordinator.generate({ ...REQUEST, ...REQUESTED, ...request })) {
    events.push(event)
    if (event.kind === 'token' && ++tokens === after) act()
  }
  return events
}

/** @param spill lets time pass only while its disk is at rest: time is not real, and the disk is */
export async function withTime<T> (swarm: FakeSwarm, asked: Promise<T>, spill?: WatchedSpill): Promise<T> {
  let over = false
  void asked.catch(() => undefined).finally(() => { over = true })
  for (let step = 0; step < (spill === undefined ? 400 : 4000) && !over; step++) {
    await spill?.rest()
    await swarm.clock.advance(spill === undefined ? 100 : 5)
  }
  return await asked
}

export const repairs = (events: readonly GenerateEvent[]): Repaired[] => events.filter((event) => event.kind === 'repaired')

export async function nothingHeld (swarm: FakeSwarm, dead: readonly string[] = []): Promise<void> {
  await swarm.clock.advance(12_000)
  for (const { peerId, runner, server } of swarm.nodes) {
    if (!dead.includes(peerId)) assert.deepEqual([runner.reserved, server.sessions], [0, 0], peerId)
  }
}

/** Runs that take a while, as far as the clock goes. */
export function slow (swarm: FakeSwarm): void {
  for (const { runner } of swarm.nodes) runner.before = () => new Promise((resolve) => { swarm.clock.after(3, resolve) })
}
