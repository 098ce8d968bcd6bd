import assert from 'node:assert/strict'
import { removeFolders, shoal, temporaryFolder, type Finished } from '../support/shoal.ts'
import { hasSwiftShader, swiftShaderEnv } from '../support/swiftshader.ts'

/** Runs each command with the next one beside it, as two cores can: the result of the one at an index. */
function besides (commands: ReadonlyArray<readonly string[]>): (index: number) => Promise<Finished> {
  const runs: Array<Promise<Finished>> = []
  return async (index) => {
    for (const at of [index, index + 1]) {
      const args = commands[at]
      if (args !== undefined) runs[at] ??= temporaryFolder().then(async (home) => await shoal(args, { home }))
    }
    return await runs[index] ?? assert.fail('no such command')
  }
}

describe('the command line', function () {
  this.timeout(60_000)
  after(removeFolders)

  const usage: Array<[string[], RegExp]> = [
    [['frobnicate'], /unknown command 'frobnicate'/],
    [['sevre'], /Did you mean serve/],
    [['serve', '--htp', 'off'], /unknown option '--htp'/],
    [['serve', '--layers', '5:3'], /'--layers <A:B>'.*0:10 is layers 0 to 9/],
    [['serve', '--memory', 'lots'], /8GB/],
    [['serve', '--http', '8484'], /HOST:PORT/],
    [['serve', '--compute', 'slow'], /fast, exact/],
    [['serve', '--kv', 'int8'], /f16, f32/],
    [['serve', '--listen', 'here'], /multiaddr/],
    [['serve', '--join', 'over-there'], /multiaddr.*invite/],
    [['serve', '--disk', 'much'], /8GB/],
    [['store', 'burn'], /verify/],
    [['serve', '--layers', '0:9'], /has the layers 0:8/],
    [['serve', 'nonesuch'], /no model "nonesuch".*shoal import/],
    [['ask'], /missing required argument 'prompt'/],
    [['ask', ''], /prompt is empty/],
    [['ask', 'a', 'b'], /too many arguments/],
    [['ask', 'a', '--temperature', 'warm'], /a number from 0/],
    [['ask', 'a', '--raw', '--system', 'b'], /--system needs the chat template/],
    [['ask', 'a', '--join', 'over-there'], /multiaddr.*invite/],
    [['ask', 'a', '--join', 'shoal1damaged'], /invite is damaged/],
    [['ask', 'a', '--psk', '/nonexistent', '--join', '/ip4/127.0.0.1/tcp/1'], /swarm key/],
    [['ask', 'a', '--config', '/nonexistent'], /configuration file \/nonexistent/],
    [['import'], /missing required argument 'source'/],
    [['import', 'x', '--quant', 'int3'], /keep, int4/],
    [['rm', 'nonesuch'], /no model "nonesuch"/],
    [['demo', '--nodes', '0'], /from 1 to 8/],
    [['keys'], /missing required argument 'action'/],
    [['keys', 'make'], /add, list, revoke/],
    [['keys', 'add', '--rate', '0'], /whole number from 1/],
    [['keys', 'add', '--models', 'a,,b'], /a,b/],
    [['keys', 'add', 'me'], /--name me/],
    [['keys', 'list', '--rate', '5'], /--rate is for shoal keys add/],
    [['keys', 'revoke'], /say which key/],
    [['keys', 'revoke', 'nonesuch'], /no key "nonesuch"/],
    [['serve', '--deny', 'somebody'], /12D3KooW/],
    [['serve', '--http-cert', 'x.pem'], /belong together/],
    [['serve', '--trusted-proxy', '10.0.0.0/33'], /10\.0\.0\.0\/8/]
  ]
  const wrong = besides(usage.map(([args]) => args))
  usage.forEach(([args, message], index) => {
    it(`exits 2 with one line for: shoal ${args.map((arg) => (arg === '' ? "''" : arg)).join(' ')}`, async () => {
      const { code, stdout, stderr } = await wrong(index)
      const lines = stderr.trim().split('\n').filter((line) => !line.startsWith('{'))
      assert.equal(lines.length, 1, stderr)
      assert.match(lines[0] ?? '', /^shoal: /)
      assert.match(stderr, message)
      assert.equal(stdout, '')
      assert.equal(code, 2)
    })
  })

  const failed: Array<[string[], RegExp]> = [
    [['ask', 'a'], /no node runs on the data folder.*shoal serve/],
    [['stop'], /no node runs/],
    [['pause'], /no node runs/],
    [['resume'], /no node runs/],
    [['invite'], /no node runs/],
    [['status'], /no node runs/],
    [['ask', 'a', '--join', '/ip4/127.0.0.1/tcp/1'], /nobody listens/],
    [['import', '/nonexistent'], /\/nonexistent does not exist/]
  ]
  const failing = besides(failed.map(([args]) => args))
  failed.forEach(([args, message], index) => {
    it(`exits 1 with one line for: shoal ${args.join(' ')}`, async () => {
      const { code, stderr } = await failing(index)
      assert.equal(stderr.trim().split('\n').length, 1, stderr)
      assert.match(stderr, message)
      assert.equal(code, 1)
    })
  })

  it('exits 1 with one line where the hub can\'t be reached', async () => {
    const { code, stderr } = await shoal(['import', 'org/name'], { home: await temporaryFolder(), env: { HF_ENDPOINT: 'http://127.0.0.1:1' } })
    assert.equal(stderr.trim().split('\n').length, 1, stderr)
    assert.match(stderr, /the hub at http:\/\/127\.0\.0\.1:1 can't be reached/)
    assert.equal(code, 1)
  })

  it('adds the causes of an error with --verbose, never a stack trace', async () => {
    const { stderr } = await shoal(['ask', 'a', '--join', '/ip4/127.0.0.1/tcp/1', '--verbose'], { home: await temporaryFolder() })
    assert.match(stderr, /caused by: /)
    assert.doesNotMatch(stderr, /^\s+at /m)
  })

  it('shows help and version', async () => {
    const { code, stdout } = await shoal(['--help'])
    assert.equal(code, 0)
    for (const command of ['serve', 'ask', 'chat', 'import', 'models', 'rm', 'store', 'status', 'invite', 'stop', 'pause', 'resume', 'demo', 'doctor', 'keys']) assert.match(stdout, new RegExp(`^  ${command} `, 'm'))
    assert.equal((await shoal(['serve', '--help'])).code, 0)
    assert.match((await shoal(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/)
  })

  it('imports, lists and removes a model, and gives it the same id every time', async () => {
    const home = await temporaryFolder()
    const first = await shoal(['import', 'models/atlas'], { home })
    assert.equal(first.code, 0, first.stderr)
    assert.match(first.stdout, /^ba[a-z2-7]+\n$/)
    const again = await shoal(['import', 'models/atlas', '--name', 'other', '--json'], { home })
    assert.equal(again.events.at(-1)?.modelId, first.stdout.trim())
    const { events } = await shoal(['models', '--json'], { home })
    assert.deepEqual((events[0]?.local as Array<{ model: string }>).map(({ model }) => model).sort(), ['atlas', 'other'])
    assert.equal((await shoal(['rm', 'other', '--json'], { home })).events[0]?.bytes, 0)
    assert.ok(Number((await shoal(['rm', 'atlas', '--json'], { home })).events[0]?.bytes) > 7_000_000)
  })

  it('checks the machine', async () => {
    const { events, code } = await shoal(['doctor', '--json'], { home: await temporaryFolder() })
    assert.equal(code, 0)
    assert.ok(events.some(({ check, state }) => check === 'ONNX Runtime' && state === 'ok'))
    assert.ok(events.some(({ check, state }) => check === 'device cpu' && state === 'ok'))
    assert.ok(events.some(({ check, state, detail }) => check === 'self-test cpu' && state === 'ok' && /ms a token/.test(String(detail))))
  })

  it(`runs two layers on a GPU of software, and finds them right${hasSwiftShader ? '' : ' (skipped: SwiftShader is not packaged for this platform)'}`, async function () {
    if (!hasSwiftShader) this.skip()
    this.timeout(60_000)
    const { events, code } = await shoal(['doctor', '--json'], { home: await temporaryFolder(), env: await swiftShaderEnv() })
    assert.equal(code, 0)
    assert.ok(events.some(({ check, state }) => check === 'self-test webgpu' && state === 'ok'), JSON.stringify(events))
  })
})
