/** Where a command is at home; the help sheet groups by it. */
export type CommandGroup = 'feed' | 'case' | 'room' | 'go' | 'general'

/** One key press: physical key by `event.code`, with the modifiers it needs. */
export type Chord = { code: string; shift?: true; ctrl?: true }

/** A command of the keyboard: what it is called, and the presses that run it (several = one after another). */
export type Command = {
  group: CommandGroup
  /** Alternatives; each is a sequence of one or two presses. */
  keys: readonly (readonly Chord[])[]
  /** Works in text fields too. */
  inFields?: true
}

const key = (code: string): readonly Chord[] => [{ code }]

/** Every key of the console. Help sheet, tooltips and dispatch read this one list. */
export const commands = {
  'feed.next': { group: 'feed', keys: [key('KeyJ'), key('ArrowDown')] },
  'feed.previous': { group: 'feed', keys: [key('KeyK'), key('ArrowUp')] },
  'feed.nextUnclaimed': { group: 'feed', keys: [key('KeyN')] },
  'feed.open': { group: 'feed', keys: [key('Enter')] },
  'feed.showHeld': { group: 'feed', keys: [key('Period')] },
  'feed.filter': { group: 'feed', keys: [key('Slash')] },
  'case.claim': { group: 'case', keys: [key('KeyC')] },
  'case.release': { group: 'case', keys: [[{ code: 'KeyC', shift: true }]] },
  'case.warn': { group: 'case', keys: [key('KeyW')] },
  'case.suspend': { group: 'case', keys: [key('KeyS')] },
  'case.ban': { group: 'case', keys: [key('KeyB')] },
  'case.dismiss': { group: 'case', keys: [key('KeyD'), key('Digit0')] },
  'case.step1': { group: 'case', keys: [key('Digit1')] },
  'case.step2': { group: 'case', keys: [key('Digit2')] },
  'case.step3': { group: 'case', keys: [key('Digit3')] },
  'case.step4': { group: 'case', keys: [key('Digit4')] },
  'case.step5': { group: 'case', keys: [key('Digit5')] },
  'case.submit': { group: 'case', keys: [[{ code: 'Enter', ctrl: true }]], inFields: true },
  'case.previousEvidence': { group: 'case', keys: [key('BracketLeft')] },
  'case.nextEvidence': { group: 'case', keys: [key('BracketRight')] },
  'case.room': { group: 'case', keys: [key('KeyO')] },
  'case.copyLink': { group: 'case', keys: [key('KeyY')] },
  'room.live': { group: 'room', keys: [key('KeyL')] },
  'room.pause': { group: 'room', keys: [key('Space')] },
  'go.feed': { group: 'go', keys: [[{ code: 'KeyG' }, { code: 'KeyF' }]] },
  'go.rooms': { group: 'go', keys: [[{ code: 'KeyG' }, { code: 'KeyR' }]] },
  'go.history': { group: 'go', keys: [[{ code: 'KeyG' }, { code: 'KeyH' }]] },
  'general.back': { group: 'general', keys: [key('Escape')], inFields: true },
  'general.help': { group: 'general', keys: [[{ code: 'Slash', shift: true }]] },
} as const satisfies Record<string, Command>

export type CommandId = keyof typeof commands
export const commandIds = Object.keys(commands) as CommandId[]

/** What of a key press and its target decides whether it is a command. */
export type Press = {
  code: string
  shift: boolean
  ctrl: boolean
  alt: boolean
  meta: boolean
  /** An input method is composing: nothing is a command. */
  composing: boolean
  /** What has the focus: nothing special, a field for text, a list that reads letters, or a button-like control. */
  focus: 'page' | 'text' | 'select' | 'control'
}

/** Keys with a meaning of their own on buttons, links, radios and checkboxes. */
const controlKeys = new Set(['Enter', 'Space', 'ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'])

/**
 * The commands a press runs, given the press that came before it inside a sequence (or null). `pending` is set when the
 * press begins a sequence. With letters off, single-letter commands do not run.
 */
export function commandsFor(
  press: Press,
  before: Chord | null,
  lettersOn = true,
): { ids: CommandId[]; pending: Chord | null } {
  if (press.composing || press.alt || press.meta) return { ids: [], pending: null }
  const found: CommandId[] = []
  let pending: Chord | null = null
  for (const id of commandIds) {
    const command: Command = commands[id]
    if (!reaches(press, command)) continue
    for (const sequence of command.keys) {
      const first = sequence[0]
      const last = sequence[1] ?? first
      if (first === undefined || last === undefined) continue
      if (!lettersOn && !last.ctrl && last.code.startsWith('Key')) continue
      if (sequence.length === 1 && before === null && fits(press, first)) found.push(id)
      if (sequence.length === 2 && before !== null && before.code === first.code && fits(press, last)) found.push(id)
      if (sequence.length === 2 && before === null && fits(press, first)) pending = first
    }
  }
  return { ids: found, pending }
}

function reaches(press: Press, command: Command): boolean {
  if (press.focus === 'page') return true
  if (command.inFields) return true
  if (press.focus === 'control') return !controlKeys.has(press.code)
  return false
}

function fits(press: Press, chord: Chord): boolean {
  return press.code === chord.code && press.shift === (chord.shift ?? false) && press.ctrl === (chord.ctrl ?? false)
}

const printed: Readonly<Record<string, string>> = {
  ArrowDown: '↓',
  ArrowUp: '↑',
  Period: '.',
  Slash: '/',
  BracketLeft: '[',
  BracketRight: ']',
  Escape: 'Esc',
  Enter: 'Enter',
  Space: 'Space',
}

/** A chord as it is printed on a key cap: capitals, Shift written out, `?` as itself. */
export function chordText(chord: Chord): string {
  if (chord.code === 'Slash' && chord.shift) return '?'
  const cap = printed[chord.code] ?? chord.code.replace(/^(Key|Digit)/, '')
  return [chord.ctrl ? 'Ctrl' : '', chord.shift ? 'Shift' : '', cap].filter(Boolean).join('+')
}

/** The first way to run a command, for a tooltip: `Ctrl+Enter`, `G F`. */
export function commandKeys(id: CommandId): string {
  const command: Command = commands[id]
  return (command.keys[0] ?? []).map(chordText).join(' ')
}
