import type { DetectInput } from '../../src/contracts/detect.ts'
import type { CorpusItem } from '../../src/contracts/corpus.ts'

/** Lengths that are measured, in UTF-16 units. */
export const lengths = [10, 30, 100, 1_000, 10_000] as const

/** Most segments of one length. */
const mostSegments = 2_000

/**
 * Segments of exactly `length` units: utterances of the corpus in their order, put together until they are long enough
 * and cut. Category and licences are those of the first; what was said before is measured in whole rooms. The same
 * corpus always gives the same segments.
 */
export function speechOf(items: readonly CorpusItem[], length: number): DetectInput[] {
  const segments: DetectInput[] = []
  let first: CorpusItem | undefined
  let text = ''
  for (const item of items) {
    first ??= item
    text = text === '' ? item.text : `${text}，${item.text}`
    while (text.length >= length && segments.length < mostSegments) {
      const end = cutsPair(text, length) ? length - 1 : length
      segments.push(inputOf(first, text.slice(0, end)))
      first = item
      text = text.slice(end)
    }
  }
  return segments
}

function inputOf({ channel, category, licences }: CorpusItem, text: string): DetectInput {
  return {
    id: 'bench',
    channel,
    text,
    ...(category === undefined ? {} : { category }),
    ...(licences === undefined ? {} : { licences }),
  }
}

function cutsPair(text: string, at: number): boolean {
  const unit = text.charCodeAt(at)
  return unit >= 0xdc00 && unit <= 0xdfff
}

/** Texts that would be slow if anything were not linear, by what they repeat. */
export const hostile: Readonly<Record<string, string>> = {
  'one concept': '血糖',
  'one claim': '血糖降下来',
  'many rules': '三天祛斑无效退款九块九一个盲盒',
  fillers: '那个呃这个嗯',
  'words in fillers': '血呃糖那个降下来',
  digits: '9',
  amounts: '九块九98%3天',
  emoji: '🩸🍬',
  'allow phrases': '血糖仪懒癌直男癌',
  negations: '不能',
  'denied claims': '不能降血糖',
  exposed: '血糖降下来都是骗人的',
  asked: '能降血糖吗',
  'own goods': '咱家但是',
  pinyin: 'zhiliao',
  marks: '治.疗*',
  'lone surrogates': '\ud800',
  'zero width': '\u200b',
}

/** A text of exactly `length` units that says one thing over and over. */
export function repeated(words: string, length: number): DetectInput {
  const text = words.repeat(Math.ceil(length / words.length)).slice(0, length)
  return { id: 'bench', channel: 'speech', category: 'food', text }
}
