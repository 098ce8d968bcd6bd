/**
 * Run inside a router: everything that leaves by eth0 leaves with the router's own address, and only answers come
 * back. No `nft` nor `iptables` is needed: the rule goes to the kernel by nfnetlink as those would send it
 * (linux/netfilter/nf_tables.h).
 */
import koffi from 'koffi'

const AF_NETLINK = 16
const SOCK_RAW = 3
const NETLINK_NETFILTER = 12
const NFPROTO_IPV4 = 2
const SUBSYS_NFTABLES = 10
const [BATCH_BEGIN, BATCH_END] = [16, 17]
const [NEW_TABLE, NEW_CHAIN, NEW_RULE] = [0, 3, 6]
const [REQUEST, ACK, CREATE, APPEND] = [0x1, 0x4, 0x400, 0x800]
const NESTED = 0x8000
const POSTROUTING = 4
const SOURCE_NAT_PRIORITY = 100
const REGISTER = 1
const OUT_INTERFACE_NAME = 7
const INTERFACE_NAME_BYTES = 16

const attribute = (type: number, value: Buffer): Buffer => {
  const head = Buffer.alloc(4)
  head.writeUInt16LE(4 + value.length, 0)
  head.writeUInt16LE(type, 2)
  return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)])
}
const text = (type: number, value: string): Buffer => attribute(type, Buffer.from(`${value}\0`))
const nested = (type: number, ...values: Buffer[]): Buffer => attribute(type | NESTED, Buffer.concat(values))
const number = (type: number, value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return attribute(type, bytes)
}
const expression = (name: string, ...data: Buffer[]): Buffer => nested(1, text(1, name), nested(2, ...data))

let sequence = 1
const message = (type: number, flags: number, family: number, resource: number, ...attributes: Buffer[]): Buffer => {
  const body = Buffer.concat(attributes)
  const head = Buffer.alloc(20)
  head.writeUInt32LE(20 + body.length, 0)
  head.writeUInt16LE(type, 4)
  head.writeUInt16LE(REQUEST | flags, 6)
  head.writeUInt32LE(sequence++, 8)
  head.writeUInt8(family, 16)
  head.writeUInt16BE(resource, 18)
  return Buffer.concat([head, body])
}
const change = (type: number, flags: number, ...attributes: Buffer[]): Buffer =>
  message(SUBSYS_NFTABLES << 8 | type, flags, NFPROTO_IPV4, 0, ...attributes)

const [table, chain] = ['nat', 'leaving']
const batch = Buffer.concat([
  message(BATCH_BEGIN, 0, 0, SUBSYS_NFTABLES),
  change(NEW_TABLE, CREATE, text(1, table)),
  change(NEW_CHAIN, CREATE, text(1, table), text(3, chain), nested(4, number(1, POSTROUTING), number(2, SOURCE_NAT_PRIORITY)), text(7, 'nat')),
  change(NEW_RULE, CREATE | APPEND | ACK, text(1, table), text(2, chain), nested(4,
    // by this interface alone: what the home's machines say to each other passes here too
    expression('meta', number(1, REGISTER), number(2, OUT_INTERFACE_NAME)),
    expression('cmp', number(1, REGISTER), number(2, 0), nested(3, attribute(1, Buffer.concat([Buffer.from('eth0')], INTERFACE_NAME_BYTES)))),
    expression('masq')
  )),
  message(BATCH_END, 0, 0, SUBSYS_NFTABLES)
])

const libc = koffi.load('libc.so.6')
const open = libc.func('int socket(int, int, int)') as (domain: number, type: number, protocol: number) => number
const send = libc.func('long send(int, const void *, size_t, int)') as (socket: number, bytes: Buffer, length: number, flags: number) => number
const receive = libc.func('long recv(int, _Out_ void *, size_t, int)') as (socket: number, bytes: Buffer, length: number, flags: number) => number

const socket = open(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER)
if (send(socket, batch, batch.length, 0) !== batch.length) {
  throw new Error('the kernel took no rules')
}
// the rule's acknowledgement: an error message whose number is 0
const answer = Buffer.alloc(4096)
receive(socket, answer, answer.length, 0)
const code = answer.readInt32LE(16)
if (code !== 0) {
  throw new Error(`the kernel refused the rules: error ${-code}`)
}
