/** Names of characters that change what is read without being seen: zero-width marks and direction controls. */
const names: Readonly<Record<string, string>> = {
  '\u00ad': 'SHY',
  '\u061c': 'ALM',
  '\u180e': 'MVS',
  '\u200b': 'ZWSP',
  '\u200c': 'ZWNJ',
  '\u200d': 'ZWJ',
  '\u200e': 'LRM',
  '\u200f': 'RLM',
  '\u202a': 'LRE',
  '\u202b': 'RLE',
  '\u202c': 'PDF',
  '\u202d': 'LRO',
  '\u202e': 'RLO',
  '\u2060': 'WJ',
  '\u2061': 'FA',
  '\u2062': 'IT',
  '\u2063': 'IS',
  '\u2064': 'IP',
  '\u2066': 'LRI',
  '\u2067': 'RLI',
  '\u2068': 'FSI',
  '\u2069': 'PDI',
  '\ufeff': 'BOM',
}
const emoji = /\p{Extended_Pictographic}/u

export type VisiblePiece = { text: string; marker: string | null }

/**
 * Cuts a text so that every invisible character stands alone with its name, to be drawn as a marker. The joiner inside
 * an emoji sequence is left where it is: it hides nothing.
 */
export function visiblePieces(text: string): VisiblePiece[] {
  const pieces: VisiblePiece[] = []
  const characters = [...text]
  let plain = ''
  characters.forEach((character, index) => {
    const name = names[character] ?? controlName(character)
    const joinsEmoji = character === '\u200d' && emoji.test(characters[index + 1] ?? '')
    if (name === null || joinsEmoji) {
      plain += character
      return
    }
    if (plain !== '') pieces.push({ text: plain, marker: null })
    plain = ''
    pieces.push({ text: character, marker: name })
  })
  if (plain !== '') pieces.push({ text: plain, marker: null })
  return pieces
}

function controlName(character: string): string | null {
  const code = character.codePointAt(0) ?? 0
  const isControl = (code < 0x20 && code !== 0x09 && code !== 0x0a) || (code >= 0x7f && code < 0xa0)
  const isTag = code >= 0xe0000 && code <= 0xe007f
  return isControl || isTag ? `U+${code.toString(16).toUpperCase().padStart(4, '0')}` : null
}
