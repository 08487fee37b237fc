import { describe, expect, it } from 'vitest'
import { parseCommand, parseOptions } from './options.ts'

const parse = (argv: string[], env: Record<string, string> = {}) =>
  parseOptions({ argv, env, readFile: (path) => `<${path}>` })

describe('parseOptions', () => {
  it('takes an option from the command line before the environment', () => {
    const options = parse(['--server', 'https://a/', '--token', 't'], { SKYCRANE_TOKEN: 'u', SKYCRANE_DATA_DIR: '/d' })
    expect(options).toMatchObject({ server: 'https://a', token: 't', dataDir: '/d', useDoorbell: true })
  })

  it('reads the private CA and the labels', () => {
    const options = parse(['--server', 'https://a', '--ca-file', 'ca.pem', '--labels', 'zone=a,tier=', '--no-doorbell'])
    expect(options).toMatchObject({ ca: '<ca.pem>', labels: { zone: 'a', tier: '' }, useDoorbell: false })
  })

  it('adds up what is reserved', () => {
    const asked = ['--system-reserved', 'cpu=100m,memory=200Mi', '--kube-reserved', 'cpu=1,ephemeral-storage=1Gi']
    expect(parse(['--server', 'https://a', ...asked]).reserved).toEqual({
      cpuMillis: 1100,
      memoryBytes: 200 * 1024 ** 2,
      storageBytes: 1024 ** 3,
    })
  })

  it.each([
    [[], '--server is needed'],
    [['--server', 'https://a', '--labels', 'x'], '--labels: "x" is not key=value'],
    [['--server', 'https://a', '--system-reserved', 'gpu=1'], '--system-reserved: "gpu" can not be reserved'],
    [['--server', 'https://a', '--gateway-port', '0'], '--gateway-port: 0 is not a port'],
  ])('refuses %j', (argv, message) => expect(() => parse(argv)).toThrow(message))
})

describe('parseCommand', () => {
  const command = (argv: string[], env: Record<string, string> = {}) => parseCommand({ argv, env, readFile: () => '' })

  it('runs the agent unless it is told otherwise', () => {
    expect(command(['--server', 'https://a'])).toMatchObject({ name: 'run', options: { server: 'https://a' } })
  })

  it('resets without asking for a server', () => {
    expect(command(['reset', '--grace-seconds', '2', '--keep-state'], { SKYCRANE_DATA_DIR: '/d' })).toEqual({
      name: 'reset',
      options: {
        dataDir: '/d',
        dockerSocket: '/var/run/docker.sock',
        bridge: 'skycrane0',
        logLevel: 'info',
        keepsState: true,
        graceSeconds: 2,
      },
    })
    expect(() => command(['reset', '--grace-seconds', 'x'])).toThrow('--grace-seconds: x is not a number of seconds')
  })
})
