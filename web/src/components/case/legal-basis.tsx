import { useTranslation } from 'react-i18next'
import type { CaseDetail } from '../../../../src/contracts/case.ts'
import styles from './legal-basis.module.css'
import { Section } from './section.tsx'

/** The clauses a case rests on, each in the version in force when the words were spoken. */
export function LegalBasis({ grounds }: { grounds: CaseDetail['grounds'] }) {
  const { t } = useTranslation()
  return (
    <Section title={t('case.legal')}>
      {grounds.length === 0 && <p className={styles.summary}>{t('case.noGrounds')}</p>}
      <ul className={styles.list}>
        {grounds.map((ground) => (
          <li key={ground.basisId}>
            <span className={styles.citation}>{ground.citation}</span>
            <span className={styles.version}>{t('case.version', { version: ground.version })}</span>
            <p className={styles.summary}>{ground.summary}</p>
          </li>
        ))}
      </ul>
    </Section>
  )
}
