import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { createServer as createNetServer } from 'node:net'
import { join } from 'node:path'
import { hasBrowser, launchBrowser, watchedPage } from '../../support/browser.ts'
import { newPsk } from '../../../src/p2p/index.ts'
import { daemon, removeFolders, root, shoal, temporaryFolder, type Daemon } from '../../support/shoal.ts'
import { questions } from './atlas.ts'
import type * as client from '../../../src/client/browser.ts'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'puppeteer-core'

const LISTEN = ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws', '/ip4/127.0.0.1/udp/0/webrtc-direct'].flatMap((address) => ['--listen', address])

/** Runs in the page. */
async function askInPage (bootstrap: string | string[], request: client.GenerateOptions, { abortAt = Infinity } = {}) {
  const bundle: string = '/client/browser.mjs'
  const { connect } = await import(bundle) as typeof client
  const events: client.ProgressEvent[] = []
  const controller = new AbortController()
  const tokens: client.Token[] = []
  let swarm: client.SwarmClient | undefined
  try {
    swarm = await connect({ bootstrap, on: (event) => { events.push(event) } })
    const answer = swarm.generate(request, { signal: controller.signal })
    for await (const token of answer) if (tokens.push(token) === abortAt) controller.abort()
    const result = await answer.result()
    return { result, events, tokens, failure: undefined }
  } catch (error) {
    return { result: undefined, events, tokens, failure: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }
  } finally {
    await swarm?.close()
  }
}

describe('a browser', function () {
  this.timeout(600_000)
  const nodes: Daemon[] = []
  let browser: Browser
  let server: Server
  const [first, second] = questions(2)

  const addressOf = (node: Daemon | undefined, part: string): string => (node?.ready.addrs as string[]).find((address) => address.includes(part)) ?? ''

  before(async function () {
    if (!hasBrowser) this.skip()
    browser = await launchBrowser()
    const bundle = await readFile(join(root, 'dist', 'client', 'browser.mjs'))
    server = createServer(({ url }, response) => {
      response.setHeader('content-type', url === '/client/browser.mjs' ? 'text/javascript' : 'text/html')
      response.end(url === '/client/browser.mjs' ? bundle : '<!doctype html><link rel="icon" href="data:,">')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    nodes.push(await daemon(['--threads', '1', ...LISTEN]))
  })
  after(async () => {
    await browser?.close()
    server?.close()
    await Promise.all(nodes.reverse().map(async ({ stop }) => await stop()))
    await removeFolders()
  })

  describe('with the client', () => {
    let page: Page
    let problems: string[]

    before(async () => {
      const watched = await watchedPage(browser)
      page = watched.page
      problems = watched.problems
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    })

    const greedy = (question: string | undefined) => ({ messages: [{ role: 'user', content: question ?? '' }], temperature: 0, wire: 'f32' } as const)

    for (const [way, part] of [['websocket', '/ws/'], ['webrtc-direct', '/webrtc-direct/']] as const) {
      it(`hears over ${way} what the unsplit model answers`, async () => {
        const { result, events, tokens, failure } = await page.evaluate(askInPage, addressOf(nodes[0], part), greedy(first?.question))
        assert.equal(failure, undefined)
        assert.deepEqual([result?.text, result?.tokens], [first?.answer, first?.ids])
        assert.equal(tokens.map(({ text }) => text).join(''), first?.answer)
        assert.deepEqual(events.map(({ kind }) => kind).filter((kind) => kind !== 'waiting'), ['joined', 'finding', 'model', 'connected', 'route'])
        assert.deepEqual(events.flatMap((event) => 'way' in event ? [[event.way, event.peerId]] : []), [[way, nodes[0]?.peerId], [way, nodes[0]?.peerId]])
      })
    }

    it('runs the page of docs/CLIENT.md', async () => {
      const [, example = ''] = /```html\n(.*?)```/s.exec(await readFile(join(root, 'docs', 'CLIENT.md'), 'utf8')) ?? []
      assert.match(example, /connect\(/)
      const { page: shown, problems: wrong } = await watchedPage(browser)
      await shown.goto(page.url())
      await shown.setContent(example.replaceAll('INVITE', addressOf(nodes[0], '/ws/')))
      await shown.waitForFunction(() => document.getElementById('answer')?.textContent === 'The capital of Peru is Lima.')
      assert.deepEqual(wrong, [])
      await shown.close()
    })

    it('joins by an invite, and ends an answer by its signal', async () => {
      const { stdout } = await shoal(['invite'], { home: nodes[0]?.home ?? '' })
      const { failure, tokens } = await page.evaluate(askInPage, stdout.trim(), { ...greedy('Tell me about Germany.'), logitBias: { 2: -100 }, maxTokens: 400 }, { abortAt: 3 })
      assert.equal(tokens.length, 3)
      assert.match(String(failure), /^AbortError/)
    })

    it('fails with the client\'s errors', async () => {
      assert.match(String((await page.evaluate(askInPage, '/ip4/127.0.0.1/tcp/1/ws', greedy('')))?.failure), /^JoinError: no node could be joined/)
      assert.match(String((await page.evaluate(askInPage, 'here', greedy('')))?.failure), /^BadAddressError/)
      assert.match(String((await page.evaluate(askInPage, addressOf(nodes[0], '/ws/'), { ...greedy('a'), model: 'gpt-5' })).failure), /^NobodyServesError/)
    })

    it('asks a node that only a relay reaches', async () => {
      const relay = await daemon(['--layers', '4:8', '--threads', '1', ...LISTEN])
      nodes.push(relay)
      const hidden = await daemon(['--layers', '0:4', '--threads', '1', '--join', relay.address, '--listen', `${relay.address}/p2p-circuit`])
      nodes.push(hidden)
      const { result, events, failure } = await page.evaluate(askInPage, addressOf(relay, '/ws/'), greedy(second?.question))
      assert.equal(failure, undefined)
      assert.deepEqual([result?.text, result?.tokens], [second?.answer, second?.ids])
      assert.deepEqual(events.flatMap((event) => event.kind === 'connected' ? [[event.way, event.peerId]] : []), [['relay', hidden.peerId]])
    })

    it('joins a private swarm by an invite with its key', async () => {
      const psk = join(await temporaryFolder(), 'swarm.key')
      await writeFile(psk, newPsk())
      const node = await daemon(['--threads', '1', '--psk', psk, ...LISTEN])
      nodes.push(node)
      const { stdout } = await shoal(['invite', '--with-key'], { home: node.home })
      const { result, events, failure } = await page.evaluate(askInPage, stdout.trim(), greedy(first?.question))
      assert.equal(failure, undefined)
      assert.deepEqual([result?.text, result?.tokens], [first?.answer, first?.ids])
      assert.deepEqual(events.flatMap((event) => 'way' in event ? [event.way] : []), ['websocket', 'websocket'])
      assert.match(String((await page.evaluate(askInPage, addressOf(node, '/ws/'), greedy(''))).failure), /^JoinError: .*private swarm/)
    })

    it('has nothing to complain of but the address where nobody listens', () => {
      assert.deepEqual(problems.filter((problem) => !problem.includes('ws://127.0.0.1:1/')), [])
    })
  })

  describe('at /peer', () => {
    const open = async (fragment = '') => {
      const watched = await watchedPage(browser, ({ pathname }) => pathname.startsWith('/v1/'))
      const response = await watched.page.goto(`${nodes[0]?.http ?? ''}/peer${fragment}`)
      return { ...watched, response }
    }
    const text = async (page: Page, selector: string): Promise<string> => await page.$eval(selector, (element) => element.textContent ?? '')
    const ask = async (page: Page, question: string): Promise<void> => {
      await page.waitForSelector('#send:not(:disabled)')
      await page.type('#question', question)
      await page.click('#send')
    }

    it('answers over libp2p, with the HTTP API blocked, and says by which way', async () => {
      const { page, problems, requests, response } = await open()
      assert.match(response?.headers()['content-security-policy'] ?? '', /default-src 'none'.*connect-src 'self' ws: wss:/)
      assert.match(await page.evaluate(async () => await fetch('/v1/models').then(() => 'answered', String)), /TypeError/, 'the API is blocked')
      await ask(page, first?.question ?? '')
      await page.waitForFunction((answer) => document.querySelector('.turn.assistant .said')?.textContent === answer, {}, first?.answer)
      await page.waitForSelector('#send:not(:disabled)')
      assert.match(await text(page, '#status'), new RegExp(`^Connected by (WebSocket|WebRTC-direct) to …${nodes[0]?.peerId.slice(-8) ?? ''}$`))
      assert.match(await text(page, '#progress'), /tokens.*…\w{8}\[0:8\]/)
      assert.match(await text(page, '#connections'), /(WebSocket|WebRTC-direct)\/ip4\/127\.0\.0\.1\//)
      assert.equal(await text(page, '#model'), 'atlas')
      assert.deepEqual(requests.filter((url) => !url.startsWith(nodes[0]?.http ?? '-') && !url.startsWith('data:')), [])
      assert.deepEqual(problems.filter((problem) => !problem.includes('ERR_FAILED')), [])
      await page.close()
    })

    it('goes on with the conversation, stops, and begins a new one', async () => {
      const { page } = await open()
      await ask(page, 'What is the capital of Peru?')
      await page.waitForFunction(() => (document.querySelector('.turn.assistant .said')?.textContent ?? '').length > 5)
      await page.waitForSelector('#send:not(:disabled)')
      await ask(page, 'Tell me about Germany.')
      // as soon as it can be stopped: whatever it has said by then
      await page.waitForSelector('#stop:not(:disabled)')
      await page.$eval('#stop', (button) => { (button as HTMLButtonElement).click() })
      await page.waitForSelector('#send:not(:disabled)')
      assert.match(await text(page, '.turn:last-child'), /stopped$/)
      assert.equal((await page.$$('.turn')).length, 4)
      await page.click('#clear')
      assert.equal((await page.$$('.turn')).length, 0)
      await page.close()
    })

    it('joins where its link says, by WebRTC-direct too, and asks for another address where nobody is', async () => {
      const { page, requests } = await open(`#join=${encodeURIComponent(addressOf(nodes[0], '/webrtc-direct/'))}`)
      await page.waitForSelector('#send:not(:disabled)')
      assert.match(await text(page, '#status'), /^Connected by WebRTC-direct to /)
      assert.ok(!requests.some((url) => url.includes('/api/peer')))
      await page.evaluate(() => { location.hash = '#join=/ip4/127.0.0.1/tcp/1/ws' })
      await page.waitForSelector('#join:not([hidden])')
      assert.match(await text(page, '#status'), /^Not connected: no node could be joined/)
      await page.type('#address', addressOf(nodes[0], '/ws/'))
      await page.click('#join button')
      await page.waitForFunction(() => /^Connected by WebSocket/.test(document.getElementById('status')?.textContent ?? ''))
      await page.close()
    })

    it('keeps a question that is typed while it joins elsewhere, whatever became of the answer before', async () => {
      // takes connections, and never says a word
      const mute = createNetServer(() => undefined).listen(0, '127.0.0.1')
      await once(mute, 'listening')
      const nowhere = `#join=/ip4/127.0.0.1/tcp/${(mute.address() as AddressInfo).port}/ws`
      const { page } = await open()
      const sent = async (): Promise<void> => { await page.$eval('#ask', (form) => { (form as HTMLFormElement).requestSubmit() }) }
      await page.waitForSelector('#send:not(:disabled)')
      await page.type('#question', 'Tell me about Germany.')
      await page.evaluate((hash) => {
        document.querySelector<HTMLFormElement>('#ask')?.requestSubmit()
        location.hash = hash
      }, nowhere)
      await page.waitForSelector('.turn.assistant .wrong')
      assert.equal(await text(page, '#status'), 'Joining…')
      assert.equal(await page.$('#send:not(:disabled)'), null)
      await page.type('#question', first?.question ?? '')
      await sent()
      assert.equal(await page.$eval('#question', (box) => (box as HTMLTextAreaElement).value), first?.question)
      await page.evaluate((address) => { location.hash = `#join=${encodeURIComponent(address)}` }, addressOf(nodes[0], '/ws/'))
      await page.waitForSelector('#send:not(:disabled)')
      await sent()
      await page.waitForFunction((answer) => document.querySelector('.turn:last-child .said')?.textContent === answer, {}, first?.answer)
      await page.close()
      mute.close()
    })

    it('joins anew by itself when its node was away for a while', async () => {
      const home = await temporaryFolder()
      const before = await daemon(['--threads', '1', '--listen', '/ip4/127.0.0.1/tcp/0/ws'], { home })
      const { page } = await watchedPage(browser)
      await page.goto(`${before.http}/peer`)
      await page.waitForSelector('#send:not(:disabled)')
      await before.stop()
      await page.waitForFunction(() => /^Not connected: .* Trying again in \d+ s$/.test(document.getElementById('status')?.textContent ?? ''))
      const after = await daemon(['--threads', '1', '--listen', addressOf(before, '/ws').replace(/\/p2p\/.*/, ''), '--http', new URL(before.http).host], { home })
      nodes.push(after)
      await page.waitForFunction(() => /^Connected by WebSocket/.test(document.getElementById('status')?.textContent ?? ''), { timeout: 60_000 })
      await ask(page, first?.question ?? '')
      await page.waitForFunction((answer) => document.querySelector('.turn.assistant .said')?.textContent === answer, {}, first?.answer)
      await page.close()
    })

    it('has no serious fault of accessibility', async () => {
      const { page } = await open()
      await page.waitForSelector('#send:not(:disabled)')
      // by the debugger: the page's own policy lets no script in
      await page.evaluate(await readFile(join(root, 'node_modules', 'axe-core', 'axe.min.js'), 'utf8'))
      const violations = await page.evaluate(async () => {
        const { violations: found } = await (globalThis as unknown as { axe: { run (): Promise<{ violations: Array<{ id: string, impact: string }> }> } }).axe.run()
        return found.map(({ id, impact }) => `${impact}: ${id}`)
      })
      assert.deepEqual(violations.filter((violation) => /^(serious|critical)/.test(violation)), [])
      await page.close()
    })
  })
})
