/** Checks of this machine: what a node needs, and what to do about what is missing. */
import { once } from 'node:events'
import { constants } from 'node:fs'
import { access, mkdir, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { freemem, totalmem } from 'node:os'
import { detectDevices, ortLibrary, type DeviceName } from '../engine/index.ts'
import { selfTester, type SelfTester } from './self-test.ts'
import { findDaemon } from './state-file.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface Finding {
  readonly check: string
  readonly state: 'ok' | 'warning' | 'failed'
  readonly detail: string
  /** What to do. */
  readonly advice?: string
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`
const reason = (error: unknown): string => (error instanceof Error ? error.message.split('\n')[0] ?? '' : String(error))

/** The TCP ports that a node takes where none are given: libp2p, WebSocket, HTTP. */
const PORTS = [4484, 4485, 8484]

export async function * diagnose (folder: string, { signal }: AbortOptions = {}): AsyncGenerator<Finding> {
  yield { check: 'Node', state: 'ok', detail: `${process.versions.node} on ${process.platform}-${process.arch}` }
  for (const check of [library, webrtc, memory, disk, ports, clock]) {
    signal?.throwIfAborted()
    yield * check(folder)
  }
  yield { check: 'NAT', state: 'warning', detail: 'is found out by a running node with the help of others', advice: '"shoal status --json" on another machine shows the addresses that this one tells others' }
}

async function * library (): AsyncGenerator<Finding> {
  try {
    const ort = ortLibrary()
    yield { check: 'ONNX Runtime', state: 'ok', detail: ort.version }
    const devices = await detectDevices(ort)
    ort.close()
    for (const device of devices) {
      const check = `device ${device.kind}`
      yield device.available
        ? { check, state: 'ok', detail: `${device.label}, ${gigabytes(device.freeBytes)} of ${gigabytes(device.memoryBytes)} free` }
        : { check, state: 'warning', detail: device.label, advice: device.reason ?? 'it is not available' }
    }
    yield * selfTests(devices.filter(({ available }) => available).map(({ kind }) => kind))
  } catch (error) {
    yield { check: 'ONNX Runtime', state: 'failed', detail: reason(error), advice: 'install the package again; where its download is blocked, with ONNXRUNTIME_NODE_INSTALL=skip' }
  }
}

/** Whether each device computes, and the others what the processor does. */
async function * selfTests (devices: readonly DeviceName[]): AsyncGenerator<Finding> {
  let tester: SelfTester
  try {
    tester = await selfTester()
  } catch (error) {
    yield { check: 'self-test', state: 'failed', detail: reason(error), advice: 'the processor does not run two layers of the embedded model; install the package again' }
    return
  }
  try {
    for (const device of devices) {
      const check = `self-test ${device}`
      try {
        const { rowMs, difference, right } = await tester.run(device)
        // the processor is what the others are measured by
        const compared = device === 'cpu' ? '' : `, ${difference.toExponential(1)} from the processor's values`
        const detail = `two layers of the embedded model: ${rowMs.toFixed(2)} ms a token${compared}`
        yield right
          ? { check, state: 'ok', detail }
          : { check, state: 'failed', detail, advice: `${device} computes wrongly: update its driver, and serve with another --device until then` }
      } catch (error) {
        yield { check, state: 'failed', detail: reason(error), advice: `serve with another --device; ${device} was found and does not run` }
      }
    }
  } finally {
    await tester.close()
  }
}

async function * webrtc (): AsyncGenerator<Finding> {
  try {
    await import('node-datachannel')
    yield { check: 'WebRTC', state: 'ok', detail: 'node-datachannel loads' }
  } catch (error) {
    yield { check: 'WebRTC', state: 'warning', detail: reason(error), advice: 'browsers and some NATs need it; install the package again without --omit=optional' }
  }
}

async function * memory (): AsyncGenerator<Finding> {
  const free = freemem()
  const detail = `${gigabytes(free)} of ${gigabytes(totalmem())} free`
  yield free > 1e9
    ? { check: 'memory', state: 'ok', detail }
    : { check: 'memory', state: 'warning', detail, advice: 'close other programs, or serve few layers with --layers or --memory' }
  await Promise.resolve()
}

async function * disk (folder: string): AsyncGenerator<Finding> {
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
    const { bavail, bsize } = await statfs(folder)
    const detail = `${folder}, ${gigabytes(bavail * bsize)} free`
    yield bavail * bsize > 5e9
      ? { check: 'data folder', state: 'ok', detail }
      : { check: 'data folder', state: 'warning', detail, advice: 'remove models with "shoal rm", or use another disk with --data' }
  } catch (error) {
    yield { check: 'data folder', state: 'failed', detail: `${folder}: ${reason(error)}`, advice: 'choose a folder that can be written with --data or SHOAL_HOME' }
  }
}

async function isFree (port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}

async function * ports (folder: string): AsyncGenerator<Finding> {
  const daemon = await findDaemon(folder)
  if (daemon != null) {
    yield { check: 'ports', state: 'ok', detail: `a node runs here (pid ${daemon.pid}) at ${daemon.addrs[0] ?? 'no address'}` }
    return
  }
  for (const port of PORTS) {
    yield await isFree(port)
      ? { check: `port ${port}`, state: 'ok', detail: 'free' }
      : { check: `port ${port}`, state: 'warning', detail: 'taken by another program', advice: 'a node takes the next free one, or what --listen and --http say' }
  }
}

/** Records are refused by others when clocks differ by more than 30 s. No time server is asked: this finds the worst only. */
async function * clock (): AsyncGenerator<Finding> {
  const year = new Date().getUTCFullYear()
  yield year >= 2025 && year < 2100
    ? { check: 'clock', state: 'ok', detail: new Date().toISOString() }
    : { check: 'clock', state: 'failed', detail: new Date().toISOString(), advice: 'set this machine\'s clock: other nodes refuse records that are off by more than 30 s' }
  await Promise.resolve()
}
