import { Fragment } from 'react'
import { visiblePieces } from '../lib/invisible-characters.ts'
import { markPieces, type Excerpt, type MarkSpan } from '../lib/marked-text.ts'
import styles from './user-text.module.css'

/** Text that strangers wrote: only ever text nodes, isolated in direction, invisible characters drawn as markers. */
export function UserText({ text }: { text: string }) {
  return (
    <bdi className={styles.text}>
      <Pieces text={text} />
    </bdi>
  )
}

/** The same with the exact words of a hit in `<mark>`. */
export function MarkedUserText({ text, spans }: { text: string; spans: readonly MarkSpan[] }) {
  return (
    <bdi className={styles.text}>
      {markPieces(text, spans).map((piece, index) =>
        piece.strength === null ? (
          <Pieces key={index} text={piece.text} />
        ) : (
          <mark key={index} className={piece.strength === 'hit' ? styles.hit : styles.concept}>
            <Pieces text={piece.text} />
          </mark>
        ),
      )}
    </bdi>
  )
}

/**
 * Marked words on one line that is too short for all of it: the words before the mark give way first, then those after
 * it, and the marked words themselves last.
 */
export function ExcerptText({ excerpt: { lead, mark, tail } }: { excerpt: Excerpt }) {
  return (
    <span className={styles.excerpt}>
      {lead !== '' && (
        <span className={styles.lead}>
          <UserText text={lead} />
        </span>
      )}
      <span className={styles.core}>
        <mark className={styles.excerptHit}>
          <UserText text={mark} />
        </mark>
        {tail !== '' && (
          <span className={styles.tail}>
            <UserText text={tail} />
          </span>
        )}
      </span>
    </span>
  )
}

function Pieces({ text }: { text: string }) {
  return visiblePieces(text).map((piece, index) =>
    piece.marker === null ? (
      <Fragment key={index}>{piece.text}</Fragment>
    ) : (
      <span key={index} className={styles.marker}>
        {piece.marker}
      </span>
    ),
  )
}
