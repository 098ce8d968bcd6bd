/**
 * A process that attacks a gateway until its standard input ends: `attacker.ts KIND PORT KEY`. It says `attacking` when it is at its
 * worst, and at the end what became of it, as JSON.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const [kind = '', portText = '', key = ''] = process.argv.slice(2)
const port = Number(portText)
/** What answers began with, and how many connections the other side ended. */
const outcome = { opened: 0, cut: 0, statuses: {} as Record<string, number> }
/** Connections that were ended here. */
const left = new WeakSet<Socket>()
const leave = (socket: Socket): void => {
  left.add(socket)
  socket.destroy()
}
let over = false
process.stdin.resume().once('end', () => { over = true })

/** Of this attack alone: what another one did is not held against its addresses. */
const network = 2 + ['loris', 'halfOpen', 'bodies', 'headers', 'garbage', 'guesses'].indexOf(kind)

/** Connects from one of many addresses of this machine where it has them; resolves when the connection can be written to, or is over. */
async function dial (): Promise<{ socket: Socket, closed: Promise<void> }> {
  const from = process.platform === 'linux' ? { localAddress: `127.0.${network}.${2 + outcome.opened % 8}` } : {}
  outcome.opened++
  const socket = connect({ port, host: '127.0.0.1', ...from })
  let answered = false
  socket.on('error', () => { /* it was cut */ }).once('close', () => { if (!left.has(socket)) outcome.cut++ })
  socket.on('data', (bytes) => {
    const status = /^HTTP\/1\.1 (\d+)/.exec(bytes.toString('latin1', 0, 12))?.[1]
    if (status == null || answered) return
    answered = true
    outcome.statuses[status] = (outcome.statuses[status] ?? 0) + 1
  })
  const closed = new Promise<void>((resolve) => { socket.once('close', () => { resolve() }) })
  await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), closed])
  return { socket, closed }
}

const pause = async (ms: number): Promise<void> => { await new Promise((resolve) => setTimeout(resolve, ms)) }
const head = (more: string, withKey = key): string => `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${withKey}\r\n${more}\r\n`

/** So many at a time, each begun anew when it ends. `attacking` when each has begun once. */
async function flood (width: number, one: () => Promise<void>): Promise<void> {
  let begun = 0
  await Promise.all(Array.from({ length: width }, async () => {
    for (let first = true; !over; first = false) {
      const under = one()
      if (first && ++begun === width) process.stdout.write('attacking\n')
      await under
    }
  }))
}

const kinds: Record<string, () => Promise<void>> = {
  /** A header line now and then, without end. */
  loris: async () => {
    await flood(400, async () => {
      const { socket, closed } = await dial()
      socket.write(head('').slice(0, -2))
      while (!socket.destroyed) {
        await Promise.race([pause(500), closed])
        if (!socket.destroyed) socket.write('x: y\r\n')
      }
    })
  },
  /** Ten thousand requests that are never whole. */
  halfOpen: async () => {
    const dialled: Array<Awaited<ReturnType<typeof dial>>> = []
    for (let batch = 0; batch < 40; batch++) {
      await Promise.all(Array.from({ length: 250 }, async () => {
        const { socket, closed } = await dial()
        if (!socket.destroyed) socket.write(`${head('content-length: 100\r\n')}{`)
        dialled.push({ socket, closed })
      }))
      if (batch === 20) process.stdout.write('attacking\n')
    }
    while (!over) await pause(100)
    // the last were opened a moment ago
    for (let waited = 0; outcome.cut < 8900 && waited < 20_000; waited += 50) await pause(50)
    for (const { socket } of dialled) leave(socket)
    await Promise.all(dialled.map(async ({ closed }) => { await closed }))
  },
  /** 100 MB, said at once or piece by piece. */
  bodies: async () => {
    const piece = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, 'x'), Buffer.from('\r\n')])
    let count = 0
    await flood(16, async () => {
      const { socket, closed } = await dial()
      const chunked = count++ % 2 === 0
      socket.write(head(chunked ? 'transfer-encoding: chunked\r\n' : 'content-length: 100000000\r\n'))
      for (let sent = 0; sent < 1600 && !over && !socket.destroyed; sent++) {
        if (!socket.write(piece)) await Promise.race([once(socket, 'drain').catch(() => { /* it was cut */ }), closed])
      }
      await Promise.race([closed, pause(2000)])
      leave(socket)
    })
  },
  /** Headers of a megabyte, or ten thousand of them. */
  headers: async () => {
    let count = 0
    await flood(16, async () => {
      const { socket, closed } = await dial()
      socket.write(head(count++ % 2 === 0 ? `x: ${'y'.repeat(1_000_000)}\r\n` : Array.from({ length: 10_000 }, (_, index) => `x-${index}: y\r\n`).join('')))
      await Promise.race([closed, pause(2000)])
      leave(socket)
    })
  },
  /** What is no UTF-8, no JSON, or no HTTP. */
  garbage: async () => {
    const bad = [Buffer.of(0x7b, 0x22, 0xc3, 0x28, 0xff, 0x22, 0x7d), Buffer.from('['.repeat(100_000)), Buffer.alloc(1000, 0), Buffer.from('{"messages":[{"role":"user","content":"\\ud800"}],"model":{}}')]
    let count = 0
    await flood(16, async () => {
      const { socket, closed } = await dial()
      const body = bad[count++ % bad.length] ?? Buffer.alloc(0)
      if (count % 5 === 0) socket.write(Buffer.alloc(2000, 0xfe))
      else socket.write(Buffer.concat([Buffer.from(head(`connection: close\r\ncontent-length: ${body.byteLength}\r\n`)), body]))
      await Promise.race([closed, pause(2000)])
      leave(socket)
    })
  },
  /** One key after another. */
  guesses: async () => {
    let count = 0
    await flood(32, async () => {
      const { socket, closed } = await dial()
      socket.write(head('connection: close\r\ncontent-length: 2\r\n', `sk-shoal-${count++}`) + '{}')
      await Promise.race([closed, pause(2000)])
      leave(socket)
    })
  }
}

await kinds[kind]?.()
process.stdout.write(`${JSON.stringify(outcome)}\n`, () => { process.exit() })
