/**
 * Run inside a home's router: opens ports for machines that ask by UPnP (Internet Gateway Device 2), as a router from the
 * shop would. An open port is a relay of TCP connections from the outer address to the machine that asked. Prints the number
 * of every port that it says to have opened.
 *
 *     node home-router.ts OUTER-ADDRESS INNER-ADDRESS [PORTS THAT STAY SHUT]
 */
import { createSocket } from 'node:dgram'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer, type Server } from 'node:net'
import { text } from 'node:stream/consumers'

const [outer = '', inner = '', ...shut] = process.argv.slice(2)
const HTTP_PORT = 5000
const GROUP = '239.255.255.250'
const GATEWAY = 'urn:schemas-upnp-org:device:InternetGatewayDevice:2'
const CONNECTION = 'urn:schemas-upnp-org:service:WANIPConnection:2'

const description = `<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major><minor>1</minor></specVersion>
<device><deviceType>${GATEWAY}</deviceType><friendlyName>home router</friendlyName><manufacturer>nobody</manufacturer><modelName>test</modelName><UDN>uuid:home-router</UDN>
<deviceList><device><deviceType>urn:schemas-upnp-org:device:WANDevice:2</deviceType><UDN>uuid:wan</UDN>
<deviceList><device><deviceType>urn:schemas-upnp-org:device:WANConnectionDevice:2</deviceType><UDN>uuid:connection</UDN>
<serviceList><service><serviceType>${CONNECTION}</serviceType><serviceId>urn:upnp-org:serviceId:WANIPConn1</serviceId><SCPDURL>/scpd.xml</SCPDURL><controlURL>/control</controlURL><eventSubURL>/events</eventSubURL></service></serviceList>
</device></deviceList></device></deviceList></device></root>`

const open = new Map<number, Server>()

function openPort (port: number, host: string, hostPort: number): void {
  open.get(port)?.close()
  const server = createServer((outside) => {
    const inside = connect(hostPort, host)
    outside.pipe(inside).pipe(outside)
    outside.on('error', () => { inside.destroy() })
    inside.on('error', () => { outside.destroy() })
  })
  server.listen(port, outer)
  open.set(port, server)
}

function act (action: string, body: string): string {
  const value = (name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1] ?? ''
  if (action === 'GetExternalIPAddress') {
    return `<NewExternalIPAddress>${outer}</NewExternalIPAddress>`
  }
  if (action === 'AddAnyPortMapping') {
    const port = Number(value('NewExternalPort'))
    if (!shut.includes(String(port))) openPort(port, value('NewInternalClient'), Number(value('NewInternalPort')))
    process.stdout.write(`${port}\n`)
    return `<NewReservedPort>${port}</NewReservedPort>`
  }
  if (action === 'DeletePortMapping') {
    open.get(Number(value('NewExternalPort')))?.close()
  }
  return ''
}

const web = createHttpServer((request, response) => {
  void (async () => {
    const action = /#(\w+)/.exec(String(request.headers.soapaction))?.[1]
    const body = await text(request)
    response.setHeader('content-type', 'text/xml')
    response.end(action == null
      ? description
      : `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><u:${action}Response xmlns:u="${CONNECTION}">${act(action, body)}</u:${action}Response></s:Body></s:Envelope>`)
  })()
})

const search = createSocket({ type: 'udp4', reuseAddr: true })
search.on('message', (message, from) => {
  if (message.toString().startsWith('M-SEARCH') && message.includes(GATEWAY)) {
    search.send([
      'HTTP/1.1 200 OK', 'CACHE-CONTROL: max-age=1800', 'EXT:', `LOCATION: http://${inner}:${HTTP_PORT}/description.xml`,
      'SERVER: Linux/6 UPnP/1.1 test/1', `ST: ${GATEWAY}`, `USN: uuid:home-router::${GATEWAY}`, '', ''
    ].join('\r\n'), from.port, from.address)
  }
})

web.listen(HTTP_PORT, inner, () => {
  search.bind(1900, () => {
    search.addMembership(GROUP, inner)
    process.stdout.write('ready\n')
  })
})
process.stdin.on('end', () => { process.exit() }).resume()
