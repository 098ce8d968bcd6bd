import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { removeFolders, shoal, temporaryFolder } from '../support/shoal.ts'

describe('shoal keys', function () {
  this.timeout(60_000)
  after(removeFolders)

  it('shows a key once, lists what it may do, and takes it back', async () => {
    const home = await temporaryFolder()
    await writeFile(join(home, 'config.json'), '{"name": "the node\'s"}')
    const added = await shoal(['keys', 'add', '--rate', '60', '--tokens-per-minute', '9000', '--concurrent', '2', '--models', 'atlas,other', '--priority', '--name', 'Ann', '--json'], { home })
    assert.equal(added.code, 0, added.stderr)
    const { key, id, createdAt, ...rest } = added.events[0] ?? {}
    assert.match(String(key), /^sk-shoal-[\w-]{43}$/)
    assert.deepEqual(rest, { event: 'added', name: 'Ann', requestsPerMinute: 60, tokensPerMinute: 9000, concurrent: 2, models: ['atlas', 'other'], priority: true })
    const plain = await shoal(['keys', 'add'], { home })
    assert.match(plain.stdout, /^sk-shoal-[\w-]{43}\n$/)
    const listed = await shoal(['keys', 'list', '--json'], { home })
    assert.equal(listed.events.length, 2)
    assert.deepEqual(listed.events[0], { id, createdAt, name: 'Ann', requestsPerMinute: 60, tokensPerMinute: 9000, concurrent: 2, models: ['atlas', 'other'], priority: true })
    assert.equal(listed.events[1]?.name, listed.events[1]?.id)
    const table = await shoal(['keys', 'list'], { home })
    assert.match(table.stdout, /^NAME .*\nAnn .* 60 .* 9000 .* 2 .* atlas,other .* yes\nkey-/)
    assert.ok(!(listed.stdout + table.stdout).includes(String(key)))
    assert.deepEqual((await shoal(['keys', 'revoke', 'Ann', '--json'], { home })).events, [{ event: 'revoked', id, name: 'Ann' }])
    assert.equal((await shoal(['keys', 'list', '--json'], { home })).events.length, 1)
  })
})
