import { Fragment } from 'react'
import { useTranslation } from 'react-i18next'
import type { TFunction } from 'i18next'
import { Dialog } from '../components/dialog.tsx'
import {
  chordText,
  commandIds,
  commands,
  type Command,
  type CommandGroup,
  type CommandId,
} from '../lib/key-catalogue.ts'
import styles from './help-sheet.module.css'

const groups: readonly CommandGroup[] = ['feed', 'case', 'room', 'go', 'general']

/** Every key of the console, read from the list that also runs them. */
export function HelpSheet({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  return (
    <Dialog title={t('help.title')} onClose={onClose}>
      <div className={styles.groups}>
        {groups.map((group) => (
          <section key={group} className={styles.group}>
            <h3 className={styles.title}>{t(`help.groups.${group}`)}</h3>
            <dl>
              {commandIds
                .filter((id) => commands[id].group === group)
                .map((id) => (
                  <div key={id} className={styles.line}>
                    <dt>{commandName(id, t)}</dt>
                    <dd>
                      <Keys command={commands[id]} then={t('help.then')} />
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
      <p className={styles.note}>{t('help.note')}</p>
    </Dialog>
  )
}

function Keys({ command, then }: { command: Command; then: string }) {
  return command.keys.map((sequence, index) => (
    <span key={index} className={styles.keys}>
      {sequence.map((chord, place) => (
        <Fragment key={place}>
          {place > 0 && <span className={styles.then}>{then}</span>}
          <kbd className={styles.key}>{chordText(chord)}</kbd>
        </Fragment>
      ))}
    </span>
  ))
}

function commandName(id: CommandId, t: TFunction): string {
  return t(`command.${id}`)
}
