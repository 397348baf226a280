import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { CasePanel } from '../../components/case/case-panel.tsx'
import { useCommand } from '../../lib/use-command.ts'
import styles from './case-screen.module.css'

const route = getRouteApi('/cases/$caseId')

/** One case at its own address. */
export function CaseScreen() {
  const { caseId } = route.useParams()
  const navigate = useNavigate()
  useCommand('general.back', () => void navigate({ to: '/feed', search: {} }))
  return (
    <div className={styles.screen}>
      <CasePanel caseId={caseId} heading="h1" />
    </div>
  )
}
