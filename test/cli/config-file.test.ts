import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { applyConfigFile } from '../../src/cli/config-file.ts'
import { serveCommand } from '../../src/cli/commands/serve.ts'
import { removeFolders, temporaryFolder } from '../support/shoal.ts'
import type { Command } from 'commander'

const known = new Set(['layers', 'join', 'http', 'no-lan', 'compute', 'slots', 'memory', 'drain-timeout', 'temperature', 'json'])

async function configured (text: string, args: string[] = []): Promise<Command> {
  const file = join(await temporaryFolder(), 'config.json')
  await writeFile(file, text)
  const command = serveCommand().action(() => { /* options are looked at */ })
  command.parse(args, { from: 'user' })
  await applyConfigFile(command, known, file, true)
  return command
}

describe('the configuration file', () => {
  after(removeFolders)

  it('gives an option what it says, read as on the command line', async () => {
    const command = await configured('{"layers": "2:5", "join": ["/ip4/1.2.3.4/tcp/1", "/ip4/1.2.3.4/tcp/2"], "http": "off", "no-lan": true, "slots": 3, "compute": "exact", "memory": "50%", "drain-timeout": 1.5}')
    const { layers, join: joined, http, lan, slots, compute, memory, drainTimeout } = command.opts<Record<string, unknown>>()
    assert.deepEqual({ layers, joined, http, lan, slots, compute, memory, drainTimeout }, {
      layers: { start: 2, end: 5 }, joined: ['/ip4/1.2.3.4/tcp/1', '/ip4/1.2.3.4/tcp/2'], http: 'off', lan: false, slots: 3, compute: 'exact', memory: { share: 0.5 }, drainTimeout: 1.5
    })
  })

  it('yields to the command line', async () => {
    const command = await configured('{"layers": "2:5", "http": "off"}', ['--layers', '0:1', '--http', 'localhost:1'])
    assert.deepEqual(command.opts<Record<string, unknown>>().layers, { start: 0, end: 1 })
    assert.deepEqual(command.opts<Record<string, unknown>>().http, { host: 'localhost', port: 1 })
  })

  it('may have keys of other commands', async () => {
    assert.equal((await configured('{"temperature": 0.1}')).opts<Record<string, unknown>>().temperature, undefined)
  })

  const wrong: Array<[string, string, RegExp]> = [
    ['is no JSON', '{', /no JSON object/],
    ['is a list', '[]', /is wrong/],
    ['has an unknown key', '{"layer": "0:1"}', /unknown key "layer"/],
    ['has a wrong value', '{"layers": "5:3"}', /"layers" in .*greater than the start/],
    ['has a word for a choice that is none', '{"compute": "slow"}', /"compute" in/],
    ['has a text for a switch', '{"no-lan": "yes"}', /write true or false/],
    ['has a list for one value', '{"slots": [1, 2]}', /write one value/],
    ['has an object for a value', '{"slots": {}}', /"slots" has to be/]
  ]
  for (const [what, text, message] of wrong) {
    it(`is refused where it ${what}`, async () => {
      await assert.rejects(configured(text), { name: 'UsageError', message })
    })
  }

  it('has to be there when it was named', async () => {
    const command = serveCommand()
    await assert.rejects(applyConfigFile(command, known, '/nonexistent/config.json', true), { name: 'UsageError' })
    await applyConfigFile(command, known, '/nonexistent/config.json', false)
  })
})
