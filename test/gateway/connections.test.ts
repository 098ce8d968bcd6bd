import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import fc from 'fast-check'
import { connections, type ConnectionsInit } from '../../src/gateway/connections.ts'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

let ports = 0
class FakeSocket extends EventEmitter {
  destroyed = false
  readonly remotePort = ++ports
  readonly remoteAddress: string
  constructor (remoteAddress: string) {
    super()
    this.remoteAddress = remoteAddress
  }

  destroy (): void {
    if (this.destroyed) return
    this.destroyed = true
    this.emit('close')
  }

  destroySoon (): void { this.destroy() }
}

function table (init: Partial<ConnectionsInit> = {}) {
  const all = connections({ maxWaiting: 100, maxWaitingPerAddress: 3, isMany: () => false, ...init })
  return {
    all,
    open: (address: string): FakeSocket => {
      const socket = new FakeSocket(address)
      all.opened(socket as unknown as Socket)
      return socket
    },
    /** A request whose headers are here. */
    ask: (socket: FakeSocket, headers: object = {}): { request: EventEmitter, response: EventEmitter } => {
      const request = Object.assign(new EventEmitter(), { headers, socket })
      const response = new EventEmitter()
      all.asked(request as unknown as IncomingMessage, response as unknown as ServerResponse)
      return { request, response }
    }
  }
}

describe('connections without a request', () => {
  it('make room for a new one of their address, oldest first', () => {
    const { all, open } = table()
    const sockets = Array.from({ length: 5 }, () => open('1.2.3.4'))
    const other = open('1.2.3.5')
    assert.deepEqual([...sockets, other].map(({ destroyed }) => destroyed), [true, true, false, false, false, false])
    assert.equal(all.waiting, 4)
  })

  it('are as many of a proxy as there is room at all', () => {
    const { open } = table({ maxWaiting: 4, isMany: () => true })
    const sockets = Array.from({ length: 6 }, () => open('10.0.0.1'))
    assert.deepEqual(sockets.map(({ destroyed }) => destroyed), [true, true, false, false, false, false])
  })

  it('make room at the cost of the address that has most', () => {
    const { open } = table({ maxWaiting: 4, maxWaitingPerAddress: 10 })
    const quiet = open('1.1.1.1')
    const many = Array.from({ length: 3 }, () => open('2.2.2.2'))
    const [another, last] = [open('3.3.3.3'), open('4.4.4.4')]
    assert.deepEqual([quiet, ...many, another, last].map(({ destroyed }) => destroyed), [false, true, true, false, false, false])
  })

  it('are none while a request is answered, and again behind it', () => {
    const { all, open, ask } = table()
    const socket = open('1.2.3.4')
    const { response } = ask(socket)
    assert.equal(all.waiting, 0)
    Array.from({ length: 5 }, () => open('1.2.3.4'))
    assert.equal(socket.destroyed, false)
    response.emit('close')
    assert.equal(all.waiting, 3)
  })

  it('are those too whose body is not whole', () => {
    const { all, open, ask } = table()
    const socket = open('1.2.3.4')
    const { request, response } = ask(socket, { 'content-length': '100' })
    assert.equal(all.waiting, 1)
    request.emit('end')
    assert.equal(all.waiting, 0)
    response.emit('close')
    assert.equal(all.waiting, 1)
    socket.destroy()
    assert.equal(all.waiting, 0)
  })

  it('are never more than there is room for, whatever happens', () => {
    const address = fc.constantFrom('1.1.1.1', '2.2.2.2', '3.3.3.3', '10.0.0.1')
    fc.assert(fc.property(fc.array(fc.tuple(address, fc.constantFrom('open', 'ask', 'answer', 'leave'), fc.nat(20)), { maxLength: 200 }), (steps) => {
      const { all, open, ask } = table({ maxWaiting: 8, isMany: (address) => address === '10.0.0.1' })
      const sockets: FakeSocket[] = []
      const answers = new Map<FakeSocket, EventEmitter>()
      for (const [from, what, index] of steps) {
        const socket = sockets[index % Math.max(1, sockets.length)]
        if (what === 'open') sockets.push(open(from))
        else if (socket == null || socket.destroyed) continue
        else if (what === 'leave') socket.destroy()
        else if (what === 'ask' && !answers.has(socket)) answers.set(socket, ask(socket).response)
        else if (what === 'answer') {
          answers.get(socket)?.emit('close')
          answers.delete(socket)
        }
        const waiting = sockets.filter((each) => !each.destroyed && !answers.has(each))
        assert.equal(all.waiting, waiting.length)
        assert.ok(waiting.length <= 8)
        assert.ok(waiting.filter(({ remoteAddress }) => remoteAddress === '1.1.1.1').length <= 3)
      }
    }))
  })
})
