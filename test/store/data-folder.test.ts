import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DataFolderInUseError, lockDataFolder } from '../../src/store/index.ts'
import { removeFolders, temporaryFolder } from '../support/shoal.ts'

/** The number of a process that was there and is gone. */
async function gonePid (): Promise<number> {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  return child.pid ?? 0
}

describe('the lock of a data folder', () => {
  after(removeFolders)

  it('is held by one, who is named to the next', async () => {
    const folder = await temporaryFolder()
    const lock = await lockDataFolder(folder)
    await assert.rejects(lockDataFolder(folder), (error) => error instanceof DataFolderInUseError && error.pid === process.pid && error.message.includes(String(process.pid)))
    await lock.release()
    await (await lockDataFolder(folder)).release()
    assert.deepEqual(await readdir(folder), [])
  })

  it('is held against another process, and free when that is killed', async () => {
    const folder = await temporaryFolder()
    const code = `import { lockDataFolder } from ${JSON.stringify(new URL('../../src/store/index.ts', import.meta.url).href)}; await lockDataFolder(${JSON.stringify(folder)}); console.log('held'); setInterval(() => {}, 1e9)`
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      await once(child.stdout, 'data')
      await assert.rejects(lockDataFolder(folder), { name: 'DataFolderInUseError', pid: child.pid })
    } finally {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    await (await lockDataFolder(folder)).release()
  })

  for (const [what, content] of [
    ['a process that is gone', async () => `${await gonePid()} `],
    ['nobody', () => Promise.resolve('')],
    ['no process', () => Promise.resolve('not a number')],
    ['an earlier process of the same number', () => Promise.resolve(`${process.pid} 0000 1`)]
  ] as const) {
    it(`is taken over from ${what}`, async () => {
      const folder = await temporaryFolder()
      await writeFile(join(folder, 'lock'), await content())
      await lockDataFolder(folder)
      assert.ok((await readFile(join(folder, 'lock'), 'utf8')).startsWith(`${process.pid} `))
      assert.deepEqual(await readdir(folder), ['lock'])
    })
  }

  it('goes to one only of many who take it over at once', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'lock'), `${await gonePid()} `)
    const results = await Promise.allSettled(Array.from({ length: 20 }, async () => await lockDataFolder(folder)))
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
  })
})
