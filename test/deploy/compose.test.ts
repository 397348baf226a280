import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { readConfig } from '../../src/config/config.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

const dependency = z.union([z.array(z.string()), z.record(z.string(), z.strictObject({ condition: z.string() }))])
const service = z.strictObject({
  image: z.string(),
  build: z.string().optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  depends_on: dependency.optional(),
  networks: z.array(z.string()).min(1),
  volumes: z.array(z.string()).optional(),
  ports: z.array(z.string()).optional(),
  healthcheck: z
    .strictObject({ test: z.array(z.string()), interval: z.string(), timeout: z.string(), retries: z.int() })
    .optional(),
  restart: z.string(),
  init: z.boolean().optional(),
  read_only: z.boolean().optional(),
  tmpfs: z.array(z.string()).optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  mem_limit: z.string().optional(),
})
/** The part of the Compose format this file uses, strictly: a misspelt key is an error here as it is there. */
const composeSchema = z.object({
  name: z.string(),
  services: z.record(z.string(), service),
  networks: z.record(z.string(), z.unknown()),
  volumes: z.record(z.string(), z.null()),
})

const compose = composeSchema.parse(parse(read('docker-compose.yml'), { merge: true }))
const services = Object.entries(compose.services)

describe('docker-compose.yml', () => {
  test('holds Postgres, Redis, two gateways, two workers and a proxy', () => {
    expect(Object.keys(compose.services).sort()).toEqual([
      'gateway-1',
      'gateway-2',
      'migrate',
      'postgres',
      'proxy',
      'redis',
      'worker-1',
      'worker-2',
    ])
  })

  test('every network, volume and service that is named exists', () => {
    for (const [name, { networks, volumes = [], depends_on: needs = [] }] of services) {
      for (const network of networks) expect(Object.keys(compose.networks), name).toContain(network)
      for (const other of Array.isArray(needs) ? needs : Object.keys(needs)) {
        expect(Object.keys(compose.services), name).toContain(other)
      }
      for (const volume of volumes) {
        const [source = ''] = volume.split(':')
        if (source.startsWith('./')) expect(read(source).length, volume).toBeGreaterThan(0)
        else expect(Object.keys(compose.volumes), name).toContain(source)
      }
    }
  })

  test('what the roles are given is a configuration they start with', () => {
    for (const [name, { command = [], environment = {} }] of services) {
      const role = command[command.indexOf('--role') + 1]
      if (command[0] !== 'serve' || role === undefined) continue
      const filled = Object.fromEntries(
        Object.entries(environment).map(([key, value]) => [
          key,
          value.replace(/\$\{(\w+):[?-]([^}]*)\}/g, (_, variable: string, text: string) =>
            variable === 'POSTGRES_PASSWORD' ? 'secret' : text,
          ),
        ]),
      )
      const { config } = readConfig(filled, { role })
      expect(config.role, name).toBe(role)
      expect(config.redisUrl, name).toBe('redis://redis:6379')
      expect(config.trustProxy, name).toEqual(['172.30.0.0/24'])
    }
  })

  test('only the proxy is reachable, and only from this machine', () => {
    const open = services.filter(([, { ports }]) => ports !== undefined)
    expect(open.map(([name, { ports }]) => [name, ports])).toEqual([['proxy', ['127.0.0.1:8080:8080']]])
  })

  test('the application runs without privileges and cannot write to its image', () => {
    for (const [name, one] of services.filter(([, { build }]) => build !== undefined)) {
      expect(one, name).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      })
      expect(one.mem_limit, name).toBeDefined()
    }
  })

  test('Postgres keeps its promises and Redis does not evict', () => {
    expect(compose.services['postgres']?.command).toEqual(expect.arrayContaining(['fsync=on', 'synchronous_commit=on']))
    expect(compose.services['redis']?.command).toEqual(expect.arrayContaining(['noeviction']))
  })

  test('no password stands in the file', () => {
    expect(compose.services['postgres']?.environment?.['POSTGRES_PASSWORD']).toMatch(/^\$\{POSTGRES_PASSWORD:\?/)
  })
})

describe('deploy/nginx.conf', () => {
  const locations = [...read('deploy/nginx.conf').matchAll(/^ *location (.+?) \{([^}]*)\}/gm)]

  test('what the service says of its own state is not told outside', () => {
    const closed = locations.filter(([, , body]) => body?.trim() === 'deny all;').map(([, path]) => path)
    expect(closed).toEqual(['= /metrics', '= /readyz'])
  })

  test('everything else reaches the gateways, with the sockets', () => {
    const open = locations.filter(([, , body]) => body?.includes('proxy_pass'))
    expect(open.map(([, path]) => path)).toEqual(['/'])
    expect(open[0]?.[2]).toContain('proxy_set_header Upgrade $http_upgrade')
  })
})

describe('Dockerfile', () => {
  const lines = read('Dockerfile')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))

  test('the last stage runs as a user that is not root and starts the built program', () => {
    const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')))
    expect(last.find((line) => line.startsWith('USER '))).toBe('USER node')
    expect(last.find((line) => line.startsWith('ENTRYPOINT '))).toContain('dist/src/main.js')
    expect(last.some((line) => line.startsWith('HEALTHCHECK '))).toBe(true)
  })

  test('every file it copies from the checkout exists and is not ignored', () => {
    const ignored = read('.dockerignore').split('\n')
    for (const line of lines.filter((one) => one.startsWith('COPY ') && !one.includes('--from'))) {
      for (const source of line
        .split(' ')
        .slice(1, -1)
        .filter((one) => one !== '.')) {
        expect(read(source).length, source).toBeGreaterThan(0)
        expect(ignored, source).not.toContain(source)
      }
    }
  })
})
