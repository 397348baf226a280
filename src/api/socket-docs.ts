import { z } from 'zod'
import { consoleDown, consoleUp, sinceReplySchema } from '../contracts/console-wire.ts'
import { caseSchema } from '../contracts/case.ts'
import { enforcementSchema } from '../contracts/enforcement.ts'
import { errors } from '../contracts/errors.ts'
import { transcriptSchema } from '../contracts/history.ts'
import {
  closeCodes,
  eventsAcceptedSchema,
  frameSchema,
  ingestDown,
  ingestUp,
  PROTOCOL_VERSION,
  replySchema,
  sessionStartedSchema,
} from '../contracts/ingest-wire.ts'
import { limits } from '../contracts/limits.ts'

type Messages = Readonly<Record<string, z.ZodType>>
type Json = Record<string, unknown>

const nothing = z.object({})

/** What each message is answered with. */
const ingestReplies: { readonly [T in keyof typeof ingestUp]: z.ZodType } = {
  auth: nothing,
  'session.start': sessionStartedSchema,
  'events.append': eventsAcceptedSchema,
  'enforcement.ack': nothing,
}
const consoleReplies: { readonly [T in keyof typeof consoleUp]: z.ZodType } = {
  since: sinceReplySchema,
  'room.watch': transcriptSchema,
  'room.unwatch': nothing,
  'case.claim': caseSchema,
  'case.release': caseSchema,
  'case.dismiss': caseSchema,
  'enforcement.issue': enforcementSchema,
  'enforcement.lift': enforcementSchema,
}

type Channel = {
  key: string
  title: string
  address: string
  about: string
  up: Messages
  down: Messages
  replies: Messages
}

const channels: readonly Channel[] = [
  {
    key: 'ingest',
    title: 'Rooms',
    address: '/ingest',
    about: `A Socket.IO namespace, and the same messages as JSON frames over a plain WebSocket at /v1/ingest/ws. The key goes into \`auth.key\` (Socket.IO), into the header \`Authorization: Bearer\`, or into a first message \`auth\` within ${limits.authMs / 1_000} s. Socket.IO: event = type, one argument = data, acknowledgement = reply. Plain: \`{type, id?, data}\`, answered by \`{type: "reply", id, ok, data | error}\`. A frame holds at most ${limits.frameBytes} bytes, ${limits.batchEvents} events; at most ${limits.unansweredFrames} frames may wait for an answer.`,
    up: ingestUp,
    down: ingestDown,
    replies: ingestReplies,
  },
  {
    key: 'console',
    title: 'Console',
    address: '/console',
    about:
      'A Socket.IO namespace for signed-in people; the cookie of POST /v1/login opens it. Ask `since` first: it answers the facts after a `streamSeq`, or a snapshot; from then on `batch` brings every fact in order.',
    up: consoleUp,
    down: consoleDown,
    replies: consoleReplies,
  },
]

/** The sockets as an AsyncAPI 3 document, from the schemas that check every message. */
export function socketDocument(version: string): Json {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'livewarden sockets',
      version,
      description: `Protocol version ${PROTOCOL_VERSION}. Close codes: ${closeCodeText()}.`,
    },
    channels: Object.fromEntries(channels.map((channel) => [channel.key, channelOf(channel)])),
    operations: Object.fromEntries(channels.flatMap(operationsOf)),
    components: { schemas: { frame: jsonSchema(frameSchema, 'input'), reply: jsonSchema(replySchema, 'output') } },
  }
}

/** The same as a page to read; it needs no script. */
export function socketPage(version: string, nonce: string): string {
  const sections = channels
    .map(
      (channel) => `<h2>${channel.title} <code>${channel.address}</code></h2>
<p>${code(escape(channel.about))}</p>
<h3>Sent by the client</h3>
${Object.entries(channel.up)
  .map(([type, schema]) => messageHtml(type, jsonSchema(schema, 'input'), replyOf(channel, type)))
  .join('\n')}
<h3>Sent by the service</h3>
${Object.entries(channel.down)
  .map(([type, schema]) => messageHtml(type, jsonSchema(schema, 'output'), null))
  .join('\n')}`,
    )
    .join('\n')
  const errorRows = Object.entries(errors)
    .map(([name, { about }]) => `<tr><td><code>${name}</code></td><td>${code(escape(about))}</td></tr>`)
    .join('\n')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>livewarden sockets</title>
<style nonce="${nonce}">
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f26; }
pre { background: #f5f7fa; padding: 0.75rem; overflow-x: auto; font-size: 13px; }
summary { cursor: pointer; } td { padding: 0.2rem 1rem 0.2rem 0; vertical-align: top; }
</style>
</head>
<body>
<h1>livewarden sockets ${escape(version)}</h1>
<p>Protocol version ${PROTOCOL_VERSION}. The same as <a href="/docs/sockets.json">AsyncAPI 3</a>. HTTP is described <a href="/docs">here</a>.</p>
<p>Close codes: ${escape(closeCodeText())}. Socket.IO is told the number in <code>session.closed</code>.</p>
${sections}
<h2>Errors</h2>
<table>${errorRows}</table>
</body>
</html>`
}

function replyOf(channel: Channel, type: string): Json | null {
  const schema = channel.replies[type]
  return schema ? jsonSchema(schema, 'output') : null
}

function channelOf(channel: Channel): Json {
  const messages = [
    ...Object.entries(channel.up).map(([type, schema]) => [type, messageOf(type, schema, 'input')] as const),
    ...Object.entries(channel.down).map(([type, schema]) => [type, messageOf(type, schema, 'output')] as const),
    ...Object.entries(channel.replies).map(
      ([type, schema]) => [`${type}.reply`, messageOf(`${type}.reply`, schema, 'output')] as const,
    ),
  ]
  return {
    address: channel.address,
    title: channel.title,
    description: channel.about,
    messages: Object.fromEntries(messages),
  }
}

function operationsOf(channel: Channel): [string, Json][] {
  const ref = (type: string) => ({ $ref: `#/channels/${channel.key}/messages/${pointer(type)}` })
  const at = { $ref: `#/channels/${channel.key}` }
  return [
    ...Object.keys(channel.up).map((type): [string, Json] => [
      `${channel.key}.${type}`,
      {
        action: 'receive',
        channel: at,
        messages: [ref(type)],
        reply: { channel: at, messages: [ref(`${type}.reply`)] },
      },
    ]),
    ...Object.keys(channel.down).map((type): [string, Json] => [
      `${channel.key}.${type}`,
      { action: 'send', channel: at, messages: [ref(type)] },
    ]),
  ]
}

function messageOf(name: string, schema: z.ZodType, io: 'input' | 'output'): Json {
  return { name, contentType: 'application/json', payload: jsonSchema(schema, io) }
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}

function closeCodeText(): string {
  return Object.entries(closeCodes)
    .map(([name, number]) => `${number} ${name}`)
    .join(', ')
}

function messageHtml(type: string, payload: Json, reply: Json | null): string {
  const block = (title: string, schema: Json) => `<p>${title}</p><pre>${escape(JSON.stringify(schema, null, 2))}</pre>`
  return `<details><summary><code>${escape(type)}</code></summary>${block('Data', payload)}${reply ? block('Answer', reply) : ''}</details>`
}

function pointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** Words between backticks as code. */
function code(html: string): string {
  return html.replace(/`([^`]+)`/g, '<code>$1</code>')
}
