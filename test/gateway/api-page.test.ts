/** docs/API.md: its examples run, and it names every path and every field that is taken. */
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startGateway, type Gateway, type Generator } from '../../src/gateway/index.ts'
import { chatRequest } from '../../src/gateway/schema/chat.ts'
import { completionRequest } from '../../src/gateway/schema/completion.ts'
import { embeddingRequest } from '../../src/gateway/schema/embedding.ts'
import { responseRequest } from '../../src/gateway/schema/response.ts'
import { root } from '../support/shoal.ts'
import { fakeGenerator, silent } from './fake-generator.ts'
import { gateway } from './gateway.ts'

const run = promisify(execFile)
const works = (...command: [string, ...string[]]): boolean => spawnSync(command[0], command.slice(1)).status === 0

/** Answers as a model would that does what it is asked. */
function obedient (): Generator {
  const plain = fakeGenerator()
  const json = fakeGenerator({ pieces: ['{"city":', '"Lima"}'] })
  const calling = fakeGenerator({ pieces: [], calls: [{ id: 'call_1', name: 'weather', arguments: '{"city":"Lima"}' }] })
  return { models: plain.models, generate: (request, options) => (request.tools != null ? calling : request.format != null ? json : plain).generate(request, options) }
}

describe('docs/API.md', function () {
  this.timeout(60_000)
  let page = ''
  let served: Gateway | undefined
  const examples = (language: string): string[] => Array.from(page.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'gm')), ([, text = '']) => text.replaceAll('http://127.0.0.1:8484', served?.url ?? ''))
  const folder = join(root, 'test', 'clients', 'node_modules', '.examples')

  before(async () => {
    page = await readFile(join(root, 'docs', 'API.md'), 'utf8')
    served = await startGateway({ generator: obedient(), logger: silent, swarm: () => ({}), ready: () => true }, { host: '127.0.0.1', port: 0 })
    await mkdir(folder, { recursive: true })
  })
  after(async () => {
    await served?.stop({ signal: AbortSignal.abort() })
    await rm(folder, { recursive: true, force: true })
  })

  const hasCurl = works('curl', '--version')
  it(`has examples for the shell that get an answer${hasCurl ? '' : ' (skipped: curl is not here)'}`, async function () {
    if (!hasCurl) this.skip()
    const commands = examples('sh').flatMap((block) => block.split(/^(?=curl )/m))
    assert.ok(commands.length >= 7)
    for (const command of commands) {
      const { stdout } = await run('sh', ['-c', command.replace('curl ', 'curl --silent --show-error --fail-with-body ')])
      assert.ok(!('error' in (JSON.parse(stdout) as object)), stdout)
    }
  })

  it('has examples for JavaScript that say something', async () => {
    const all = examples('js')
    assert.ok(all.length >= 3)
    for (const [index, text] of all.entries()) {
      const file = join(folder, `${index}.mjs`)
      await writeFile(file, text)
      assert.match((await run(process.execPath, [file])).stdout, /Lima/)
    }
  })

  const hasPython = works('python3', '-c', 'import openai')
  it(`has examples for Python that say something${hasPython ? '' : ' (skipped: python3 with the package openai is not here)'}`, async function () {
    if (!hasPython) this.skip()
    for (const text of examples('python')) assert.match((await run('python3', ['-c', text])).stdout, /Lima/)
  })

  for (const [what, schema] of Object.entries({ chatRequest, completionRequest, embeddingRequest, responseRequest })) {
    it(`names every field of ${what}`, () => {
      assert.deepEqual(Object.keys(schema.shape).filter((field) => !new RegExp(`\`${field}[\`.:]`).test(page)), [])
    })
  }

  it('names every path', () => {
    const paths = new Set(gateway().hono.routes.map(({ path }) => path.replace(/:.*/, 'MODEL')).filter((path) => path !== '/*' && path !== '/' && path !== '/metrics'))
    assert.deepEqual([...paths].filter((path) => !page.includes(path)), [])
  })
})
