import type { Speaker, Utterance } from './compose/utterance.ts'

const staffNames = ['场控', '助理', '助播', '运营', '店长', '客服', '中控', '管理员', '小助手', 'mod', 'admin']
const viewerMarks = ['弹幕', '公屏', 'chat', '弹']
const assistantMarks = ['助播', '助理', '助']
const hostMarks = ['主播', 'host', '主']

/** Who typed a chat message without a staff flag: one that opens with 场控, 助理, 运营, 店长, MOD … is the seller's. */
export function speakerOfChat(text: string): Speaker {
  const bare = text.trimStart().toLowerCase()
  const opened = '【[(（'.includes(bare.charAt(0)) ? bare.slice(1) : bare
  const name = staffNames.find((candidate) => opened.startsWith(candidate))
  if (name === undefined) return 'viewer'
  const next = opened.charAt(name.length)
  return next === '' || ':： 】])）-—,，'.includes(next) || opened !== bare ? 'staff' : 'viewer'
}

/**
 * Context lines as `detect` takes them, oldest first, four seconds apart: `弹幕`, `公屏` or `chat` before a colon is a
 * viewer, `助播`/`助理` the assistant, anything else the host.
 */
export function contextUtterances(lines: readonly string[]): Utterance[] {
  return lines.map((line, i) => ({ seq: i + 1, atMs: i * 4_000, ...parseLine(line) }))
}

function parseLine(line: string): { speaker: Speaker; text: string } {
  const colon = line.search(/[:：]/u)
  const head = colon < 0 ? '' : line.slice(0, colon).trim().toLowerCase()
  const text = colon < 0 ? line : line.slice(colon + 1)
  if (viewerMarks.includes(head)) return { speaker: speakerOfChat(text), text }
  if (assistantMarks.includes(head)) return { speaker: 'assistant', text }
  if (hostMarks.includes(head)) return { speaker: 'host', text }
  return { speaker: 'host', text: line }
}
