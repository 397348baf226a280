import { useTranslation } from 'react-i18next'
import type { TranscriptLine } from '../../../../src/contracts/alert.ts'
import { UserText } from '../user-text.tsx'

/** Who said or wrote a line; viewers under the masked name that the service gives. */
export function Speaker({ line }: { line: TranscriptLine }) {
  const { t } = useTranslation()
  if (line.channel === 'speech') return line.speaker === 'assistant' ? t('case.assistant') : t('case.hostLane')
  if (line.staff === true) return t('case.staff')
  return line.userName === undefined ? t('case.viewer') : <UserText text={line.userName} />
}
