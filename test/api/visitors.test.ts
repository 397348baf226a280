import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { createVisitors } from '../../src/api/visitors.ts'

const request = (headers: Record<string, string>, remoteAddress = '203.0.113.9') =>
  ({ headers, socket: { remoteAddress } }) as unknown as IncomingMessage
const config = { publicOrigins: ['https://console.example'], trustProxy: ['10.0.0.0/8', '::1'], secureCookies: true }
const visitors = createVisitors(config)
const lenient = createVisitors({ ...config, secureCookies: false })

describe('where a page may come from', () => {
  test.each([
    ['the same host', { origin: 'http://localhost:3000', host: 'localhost:3000' }, true],
    ['the same host behind TLS', { origin: 'https://live.example', host: 'live.example' }, true],
    ['a public origin', { origin: 'https://console.example', host: 'inner:3000' }, true],
    ['another host', { origin: 'https://evil.example', host: 'live.example' }, false],
    ['another port', { origin: 'http://localhost:4000', host: 'localhost:3000' }, false],
    ['a sandboxed page', { origin: 'null', host: 'live.example' }, false],
    ['no browser', { host: 'live.example' }, true],
    ['a browser that hides its origin', { host: 'live.example', 'sec-fetch-site': 'cross-site' }, false],
  ])('%s', (_name, headers, allowed) => {
    expect(visitors.sameOrigin(request(headers))).toBe(allowed)
  })
})

describe('the cookie', () => {
  test.each([
    ['https', { origin: 'https://live.example' }, { name: '__Host-lw', secure: true }],
    ['this machine by name', { origin: 'http://localhost:3000' }, { name: '__Host-lw', secure: true }],
    ['this machine by number', { host: '127.0.0.1:3000' }, { name: '__Host-lw', secure: true }],
    ['this machine in IPv6', { origin: 'http://[::1]:3000' }, { name: '__Host-lw', secure: true }],
    ['plain HTTP elsewhere', { origin: 'http://live.example' }, null],
    ['a host that only begins like this machine', { origin: 'http://127.0.0.1.evil.example' }, null],
  ])('over %s', (_name, headers, form) => {
    expect(visitors.cookieForm(request(headers))).toEqual(form)
  })

  test('over plain HTTP elsewhere, only when the operator asked for it, under another name', () => {
    expect(lenient.cookieForm(request({ origin: 'http://10.1.2.3:3000' }))).toEqual({ name: 'lw', secure: false })
    expect(lenient.token(request({ cookie: 'a=b; lw=token' }))).toBe('token')
    expect(visitors.token(request({ cookie: 'lw=planted' }))).toBeNull()
    expect(visitors.token(request({ cookie: 'x__Host-lw=no; __Host-lw=yes' }))).toBe('yes')
  })
})

describe('the address', () => {
  test.each([
    ['nobody forwards', {}, '203.0.113.9', '203.0.113.9'],
    ['a stranger claims to forward', { 'x-forwarded-for': '1.2.3.4' }, '203.0.113.9', '203.0.113.9'],
    ['a trusted proxy', { 'x-forwarded-for': '1.2.3.4' }, '10.0.0.5', '1.2.3.4'],
    ['two proxies and a lie', { 'x-forwarded-for': '6.6.6.6, 1.2.3.4, 10.9.9.9' }, '10.0.0.5', '1.2.3.4'],
    ['IPv4 in IPv6', { 'x-forwarded-for': '1.2.3.4' }, '::ffff:10.0.0.5', '1.2.3.4'],
    ['a proxy that says nonsense', { 'x-forwarded-for': 'unknown' }, '10.0.0.5', '10.0.0.5'],
  ])('when %s', (_name, headers, remote, address) => {
    expect(visitors.address(request(headers, remote))).toBe(address)
  })
})
