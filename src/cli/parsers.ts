/**
 * Values of options: text in, a value or an error that says what to write out.
 */
import { isIP } from 'node:net'
import { InvalidArgumentError } from 'commander'

/** `A:B`, layers from A up to but not including B. */
export function span (text: string): { start: number, end: number } {
  const match = /^(\d{1,6}):(\d{1,6})$/.exec(text.trim())
  if (match == null) throw new InvalidArgumentError('Write A:B for layers A to B - 1, for example 0:10.')
  const [start, end] = [Number(match[1]), Number(match[2])]
  if (start >= end) throw new InvalidArgumentError('The end has to be greater than the start: 0:10 is layers 0 to 9.')
  return { start, end }
}

const units: Readonly<Record<string, number>> = {
  '': 1, b: 1, k: 1024, kb: 1000, kib: 1024, m: 1024 ** 2, mb: 1e6, mib: 1024 ** 2, g: 1024 ** 3, gb: 1e9, gib: 1024 ** 3, t: 1024 ** 4, tb: 1e12, tib: 1024 ** 4
}

/** An amount of memory: bytes, or a share of what is free. */
export type Size = { readonly bytes: number } | { readonly share: number }

/** `8GB`, `512MiB`, `70%`. */
export function size (text: string): Size {
  const match = /^(\d+(?:\.\d+)?)\s*(%|[a-z]*)$/i.exec(text.trim())
  const number = Number(match?.[1])
  const unit = (match?.[2] ?? '').toLowerCase()
  const factor = units[unit]
  if (match == null || (unit !== '%' && factor == null)) throw new InvalidArgumentError('Write a size such as 8GB, 512MiB or 70%.')
  if (number <= 0 || (unit === '%' && number > 100)) throw new InvalidArgumentError('It has to be more than nothing and at most 100%.')
  return unit === '%' ? { share: number / 100 } : { bytes: Math.floor(number * (factor ?? 1)) }
}

/** A size that is no share. */
export function byteSize (text: string): number {
  const parsed = size(text)
  if ('share' in parsed) throw new InvalidArgumentError('Write a size such as 5MB.')
  return parsed.bytes
}

/** An address that the gateway listens on; undefined: no gateway. */
export interface HttpAddress {
  readonly host: string
  readonly port: number
}

/** `HOST:PORT`, `[::1]:8484`, or `off`. */
export function http (text: string): HttpAddress | 'off' {
  if (text === 'off') return 'off'
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:\s/[\]]+)):(\d{1,5})$/i.exec(text.trim())
  const port = Number(match?.[3])
  if (match == null || port > 65_535) throw new InvalidArgumentError('Write HOST:PORT, for example 127.0.0.1:8484, or off.')
  return { host: match[1] ?? match[2] ?? '', port }
}

/** `SCHEME://HOST[:PORT]` of a web page, or `*`; may be repeated. */
export function origin (text: string, before: readonly string[] = []): string[] {
  const given = text.trim().replace(/\/$/, '')
  const parsed = URL.canParse(given) ? new URL(given) : undefined
  if (given !== '*' && (parsed == null || given.includes('*') || !/^https?:$/.test(parsed.protocol) || parsed.origin !== given.toLowerCase())) {
    throw new InvalidArgumentError('Write the origin of a page, such as https://chat.example or http://localhost:3000, or *.')
  }
  return [...before, parsed?.origin ?? '*']
}

/** An address or `ADDRESS/BITS`; may be repeated. */
export function network (text: string, before: readonly string[] = []): string[] {
  const [address = '', bits, more] = text.trim().split('/')
  const kind = isIP(address)
  if (kind === 0 || more != null || (bits != null && (!/^\d{1,3}$/.test(bits) || Number(bits) > (kind === 6 ? 128 : 32)))) {
    throw new InvalidArgumentError('Write an address such as 10.0.0.1, or a network such as 10.0.0.0/8.')
  }
  return [...before, text.trim()]
}

/** A peer id, or an address that ends with one; may be repeated. */
export function peer (text: string, before: readonly string[] = []): string[] {
  const [, id] = /^(?:\/.*\/p2p\/)?([1-9A-HJ-NP-Za-km-z]{46,64})$/.exec(text.trim()) ?? []
  if (id == null) throw new InvalidArgumentError('Write a peer id such as 12D3KooW…; shoal status --json shows them whole.')
  return [...before, id]
}

/** Whole numbers from `min` to `max`. */
export const integer = (min: number, max = Number.MAX_SAFE_INTEGER) => (text: string): number => {
  const value = Number(text)
  if (!/^-?\d+$/.test(text.trim()) || value < min || value > max) {
    throw new InvalidArgumentError(`Write a whole number from ${min}${max === Number.MAX_SAFE_INTEGER ? ' up' : ` to ${max}`}.`)
  }
  return value
}

/** Numbers from `min` to `max`. */
export const decimal = (min: number, max: number) => (text: string): number => {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value < min || value > max) throw new InvalidArgumentError(`Write a number from ${min} to ${max}.`)
  return value
}

/** A seed: any whole number of 64 bits. */
export function seed (text: string): bigint {
  if (!/^\d{1,20}$/.test(text.trim()) || BigInt(text) >= 2n ** 64n) throw new InvalidArgumentError('Write a whole number from 0 to 2^64 - 1.')
  return BigInt(text)
}

export function device (text: string): string {
  if (!/^(auto|cpu|webgpu|cuda(:\d{1,3})?)$/.test(text)) throw new InvalidArgumentError('Write auto, cpu, webgpu, cuda or cuda:N.')
  return text
}

/** `a,b`; may be repeated. */
export function names (text: string, before: readonly string[] = []): string[] {
  const found = text.split(',').map((name) => name.trim())
  if (found.includes('')) throw new InvalidArgumentError('Write names with commas between them: a,b.')
  return [...before, ...found]
}

/** For an option that may be given several times, or once with several values. */
export const list = (text: string, before: readonly string[] = []): string[] => [...before, text]
