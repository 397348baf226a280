import { useTranslation } from 'react-i18next'
import type { Finding } from '../../../../src/contracts/finding.ts'
import { exemptions } from '../../../../src/contracts/taxonomy.ts'
import { ruleName } from '../../lib/rule-name.ts'
import { Icon } from '../icon.tsx'
import { UserText } from '../user-text.tsx'
import { Section } from './section.tsx'
import styles from './why.module.css'

/** Why the engine spoke up: rule, concepts, what would have spared the words and why it did not, and the score. */
export function Why({ findings }: { findings: readonly Finding[] }) {
  const { t } = useTranslation()
  const sorted = [...findings].sort((a, b) => b.severity - a.severity || b.score - a.score)
  return (
    <Section title={t('case.why')} aside={t('case.groundsCount', { count: sorted.length })}>
      <div className={styles.list}>
        {sorted.map((finding, index) => (
          <WhyFinding key={`${finding.seq}-${finding.ruleId}`} finding={finding} open={index === 0} />
        ))}
      </div>
    </Section>
  )
}

function WhyFinding({ finding, open }: { finding: Finding; open: boolean }) {
  const { t, i18n } = useTranslation()
  const zh = i18n.language.startsWith('zh')
  const concepts = [...new Map(finding.concepts.map((hit) => [`${hit.concept}${hit.quote}`, hit])).values()]
  return (
    <details className={styles.finding} open={open}>
      <summary className={styles.summary}>
        <Icon name="chevron" size={12} />
        <span className={styles.name}>{ruleName(finding.code, i18n.language)}</span>
        <span className={styles.quote}>
          「<UserText text={finding.quote} />」
        </span>
        <span className={styles.score}>
          {t('case.whyScore')} {finding.score.toFixed(2)}
        </span>
      </summary>
      <dl className={styles.facts}>
        <dt>{t('case.whyRule')}</dt>
        <dd>
          {finding.ruleZh === undefined ? (
            <code>{finding.ruleId}</code>
          ) : (
            <>
              <span>{finding.ruleZh}</span>
              <code>{finding.ruleId}</code>
            </>
          )}
          <span className={styles.quiet}>{t('case.whyPack', { version: finding.packVersion })}</span>
          <span className={styles.quiet}>{t('case.whySeverity', { severity: finding.severity })}</span>
        </dd>
        {concepts.length > 0 && (
          <>
            <dt>{t('case.whyConcepts')}</dt>
            <dd>
              {concepts.map((hit) => (
                <span key={`${hit.concept}${hit.quote}`} className={styles.concept}>
                  <span className={styles.conceptName} title={hit.concept}>
                    {hit.zh ?? hit.concept}
                  </span>
                  <UserText text={hit.quote} />
                  {hit.reading !== undefined && hit.reading !== hit.quote && (
                    <span className={styles.quiet}>
                      → <UserText text={hit.reading} />
                    </span>
                  )}
                </span>
              ))}
            </dd>
          </>
        )}
        <dt>{t('case.whyExemptions')}</dt>
        <dd>
          {finding.exemptions.length === 0 && <span className={styles.quiet}>{t('case.whyNoExemptions')}</span>}
          {finding.exemptions.map((hit, index) => (
            <span key={index} className={styles.exemption}>
              {zh ? exemptions[hit.code].zh : exemptions[hit.code].en}「<UserText text={hit.quote} />」
              <strong>{hit.applied ? t('case.exemptionHeld') : t('case.exemptionFailed')}</strong>
              {hit.because !== undefined && <span className={styles.quiet}>{hit.because}</span>}
            </span>
          ))}
        </dd>
        {finding.notes.length > 0 && (
          <>
            <dt>{t('case.whyNotes')}</dt>
            <dd>{finding.notes.join('；')}</dd>
          </>
        )}
      </dl>
    </details>
  )
}
