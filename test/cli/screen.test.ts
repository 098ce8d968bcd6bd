import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { openScreen } from '../../src/cli/screen.ts'

/** What a terminal was sent. */
class Terminal extends EventEmitter {
  columns = 40
  rows = 10
  sent = ''
  write (text: string): boolean {
    this.sent += text
    return true
  }
}

const open = (terminal: Terminal): ReturnType<typeof openScreen> => openScreen(terminal as unknown as NodeJS.WriteStream) // `as`: what of it is used

describe('the screen', () => {
  it('is the other one, drawn over from its first line, and left as it was', () => {
    const terminal = new Terminal()
    const screen = open(terminal)
    screen.draw([{ text: 'one' }, { text: 'two' }])
    screen.close()
    screen.close()
    screen.draw([{ text: 'too late' }])
    assert.equal(terminal.sent, '\u001b[?1049h\u001b[?25l\u001b[Hone\u001b[K\r\ntwo\u001b[K\u001b[J\u001b[?25h\u001b[?1049l')
  })

  it('tells of another size, until it is closed', () => {
    const terminal = new Terminal()
    const screen = open(terminal)
    const sizes: number[] = []
    screen.onResize(() => { sizes.push(screen.columns) })
    terminal.columns = 20
    terminal.emit('resize')
    screen.close()
    terminal.emit('resize')
    assert.deepEqual([sizes, screen.rows], [[20], 10])
  })

  it('has the usual size where the terminal does not say', () => {
    const terminal = new Terminal()
    terminal.columns = terminal.rows = 0
    const screen = open(terminal)
    assert.deepEqual([screen.columns, screen.rows], [80, 24])
    screen.close()
  })

  it('leaves no listener behind', () => {
    const before = process.listenerCount('exit')
    open(new Terminal()).close()
    assert.equal(process.listenerCount('exit'), before)
  })
})
