import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useId, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Case, CaseDetail } from '../../../../src/contracts/case.ts'
import { dismissReasons } from '../../../../src/contracts/case.ts'
import { moderatorSuspendSeconds, type Enforcement } from '../../../../src/contracts/enforcement.ts'
import {
  choiceOf,
  draftProblem,
  enforcementBody,
  evidenceIdsOf,
  freshDraft,
  leavesSuggestion,
  suspendDurations,
  type ActionDraft,
  type Choice,
  type DraftProblem,
} from '../../lib/action-draft.ts'
import { ApiError, call, newIdempotencyKey } from '../../lib/api.ts'
import { caseQuery } from '../../lib/case-query.ts'
import { errorText } from '../../lib/error-text.ts'
import { durationText } from '../../lib/duration-text.ts'
import { commandKeys, type CommandId } from '../../lib/key-catalogue.ts'
import { useAudience, useLive } from '../../lib/live-context.ts'
import { useMay, useMe } from '../../lib/me-context.ts'
import { shortCount } from '../../lib/numbers.ts'
import { shortCitation } from '../../lib/short-citation.ts'
import { clockTime, minuteTime } from '../../lib/time.ts'
import type { Claim } from '../../lib/use-claim.ts'
import { useCommand } from '../../lib/use-command.ts'
import { useDraft } from '../../lib/use-draft.ts'
import { Button } from '../button.tsx'
import { Icon } from '../icon.tsx'
import { Tick } from '../tick.tsx'
import styles from './action-panel.module.css'
import { ConflictPanel } from './conflict-panel.tsx'
import { Decided } from './decided.tsx'
import { NoticePreview } from './notice-preview.tsx'

const choiceKeys: Readonly<Record<Choice, CommandId>> = {
  remind: 'case.step1',
  warn: 'case.step2',
  suspend: 'case.step3',
  ban: 'case.step5',
  dismiss: 'case.dismiss',
}
const choiceOrder: readonly Choice[] = ['remind', 'warn', 'suspend', 'ban', 'dismiss']
const problemKeys: Readonly<
  Record<DraftProblem, 'problemDismissReason' | 'problemBasis' | 'problemEvidence' | 'problemReason'>
> = {
  dismissReason: 'problemDismissReason',
  basis: 'problemBasis',
  evidence: 'problemEvidence',
  reason: 'problemReason',
}
const longSuspension = 7 * 24 * 3_600

type Outcome = { kind: 'case'; value: Case } | { kind: 'enforcement'; value: Enforcement }

/** The decision beside its evidence: suggested step first, then clauses, evidence, reason, and what became of it. */
export function ActionPanel({
  detail,
  current,
  claim,
  onSubmitted,
  onNext,
}: {
  detail: CaseDetail
  current: Case
  claim: Claim
  onSubmitted: (() => void) | undefined
  onNext: (() => void) | undefined
}) {
  const mayAct = useMay('case.act')
  const { t } = useTranslation()
  const [issued, setIssued] = useState<string | null>(null)
  // Between the answer to a submit and the news that the case is closed there is nothing left to decide either.
  if (current.status === 'resolved' || issued !== null) {
    return (
      <div className={styles.dock}>
        <Decided detail={detail} current={current} issuedId={issued} onNext={onNext} />
      </div>
    )
  }
  if (!mayAct) {
    return (
      <div className={styles.dock}>
        <p className={styles.refusal}>{t('action.noPermission')}</p>
      </div>
    )
  }
  return <ActionForm detail={detail} current={current} claim={claim} onIssued={setIssued} onSubmitted={onSubmitted} />
}

function ActionForm({
  detail,
  current,
  claim,
  onIssued,
  onSubmitted,
}: {
  detail: CaseDetail
  current: Case
  claim: Claim
  onIssued: (id: string) => void
  onSubmitted: (() => void) | undefined
}) {
  const { t, i18n } = useTranslation()
  const { store } = useLive()
  const queries = useQueryClient()
  const me = useMe()
  const mayBan = useMay('enforcement.ban')
  const audience = useAudience(detail.session.id)
  const draft = useDraft(detail)
  const value = draft.value
  const suggestion = detail.suggestion
  const claimedByOther = current.claimedBy !== null && current.claimedBy !== me.person.id
  const suggested = choiceOf(suggestion.action)
  const off = leavesSuggestion(value, suggestion)
  const [problem, setProblem] = useState<DraftProblem | null>(null)
  const [open, setOpen] = useState(true)
  const form = useRef<HTMLFormElement>(null)
  const name = useId()
  const idempotency = useRef<{ key: string; body: string } | null>(null)

  const submit = useMutation<Outcome, unknown, ActionDraft>({
    mutationFn: async (prepared) => {
      await claim.settled()
      const rev = queries.getQueryData(caseQuery(detail.case.id).queryKey)?.case.rev ?? detail.case.rev
      // A repeated press of the same decision carries the same key, so that it stays one action.
      const body = JSON.stringify([prepared, rev])
      if (idempotency.current?.body !== body) idempotency.current = { key: newIdempotencyKey(), body }
      const key = idempotency.current.key
      const { choice } = prepared
      if (choice === 'dismiss') {
        const value = await call('dismissCase', {
          params: { id: detail.case.id },
          body: {
            idempotencyKey: key,
            caseRev: rev,
            reason: prepared.dismissReason ?? 'other',
            note: prepared.note.trim(),
          },
        })
        return { kind: 'case', value }
      }
      const command = enforcementBody({ ...prepared, choice }, detail.case.id, rev, key)
      return { kind: 'enforcement', value: await call('issueEnforcement', { body: command }) }
    },
    onSuccess: (outcome) => {
      idempotency.current = null
      draft.discard()
      if (outcome.kind === 'case') store.putCase(outcome.value)
      else {
        onIssued(outcome.value.id)
        store.putEnforcement(outcome.value)
      }
      void queries.invalidateQueries({ queryKey: caseQuery(detail.case.id).queryKey })
      onSubmitted?.()
    },
    onError: (error) => {
      const conflict = error instanceof ApiError && error.status === 409
      if (conflict) void queries.invalidateQueries({ queryKey: caseQuery(detail.case.id).queryKey })
    },
  })

  const edit = (change: Partial<ActionDraft>) => {
    setProblem(null)
    if (submit.isError) submit.reset()
    draft.edit(change)
    if (!claim.mine && !claimedByOther) claim.claimQuietly()
  }
  const pick = (choice: Choice, durationSeconds?: number) => {
    if (choice === 'ban' && !mayBan) return
    setOpen(true)
    edit({ choice, ...(durationSeconds === undefined ? {} : { durationSeconds }) })
    requestAnimationFrame(() => {
      const selector = choice === 'dismiss' ? `[name="${name}-reason"]` : `[name="${name}"]:checked`
      form.current?.querySelector<HTMLInputElement>(selector)?.focus()
    })
  }
  const send = () => {
    if (submit.isPending) return
    const missing = draftProblem(value, suggestion)
    setProblem(missing)
    if (missing === null) {
      submit.mutate(value)
      return
    }
    setOpen(true)
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>(`[data-problem="${missing}"]`)?.focus())
  }

  useCommand('case.step1', () => pick('remind'))
  useCommand('case.step2', () => pick('warn'))
  useCommand('case.step3', () => pick('suspend', freshDraft(detail, me.permissions).durationSeconds))
  useCommand('case.step4', () => pick('suspend', mayBan ? longSuspension : undefined))
  useCommand('case.step5', () => pick('ban'))
  useCommand('case.warn', () => pick('warn'))
  useCommand('case.suspend', () => pick('suspend'))
  useCommand('case.ban', () => pick('ban'))
  useCommand('case.dismiss', () => pick('dismiss'))
  useCommand('case.submit', send)

  const durations = [...new Set([...suspendDurations, suggestion.durationSeconds ?? 0, value.durationSeconds])]
    .filter((seconds) => seconds >= 60)
    .sort((a, b) => a - b)
  const evidenceIds = evidenceIdsOf(detail)
  const toBan = suggestion.banThreshold - suggestion.strikesAfter
  const conflict = submit.error instanceof ApiError && submit.error.status === 409 ? submit.error : null
  const draftText =
    value.choice === 'suspend'
      ? `${t('action.suspend')} ${durationText(value.durationSeconds, t)}`
      : t(`action.${value.choice}`)

  return (
    <form
      ref={form}
      className={styles.dock}
      aria-label={t('action.title')}
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <div className={styles.top}>
        <h3 className={styles.heading}>{t('action.title')}</h3>
        <span className={styles.ladder}>
          {t('action.strikesAfter', { before: suggestion.strikesBefore, after: suggestion.strikesAfter })}
          {' · '}
          {t('action.toBan', { left: Math.max(0, toBan) })}
        </span>
        {audience !== null && (
          <span className={styles.ladder}>{t('action.affected', { value: shortCount(audience, i18n.language) })}</span>
        )}
        <span className={styles.spring} />
        {draft.edited && (
          <>
            <span className={styles.kept}>{t('action.draftKept')}</span>
            <Button small tone="quiet" onClick={draft.discard}>
              {t('action.discard')}
            </Button>
          </>
        )}
        <Button
          small
          tone="quiet"
          aria-expanded={open}
          aria-label={open ? t('action.collapse') : t('action.expand')}
          onClick={() => setOpen(!open)}
        >
          <span className={open ? undefined : styles.flipped}>
            <Icon name="chevron" size={14} />
          </span>
        </Button>
      </div>

      <div className={styles.choices} role="radiogroup" aria-label={t('action.title')}>
        {choiceOrder.map((choice) => {
          const refused = choice === 'ban' && !mayBan
          return (
            <label
              key={choice}
              className={styles.choice}
              data-checked={value.choice === choice || undefined}
              data-refused={refused || undefined}
              title={refused ? t('action.leadOnly') : commandKeys(choiceKeys[choice])}
            >
              <input
                type="radio"
                name={name}
                value={choice}
                checked={value.choice === choice}
                aria-disabled={refused || undefined}
                aria-label={
                  t(`action.${choice}`) +
                  (choice === suggested ? `（${t('action.suggested')}）` : '') +
                  (refused ? `（${t('action.leadOnly')}）` : '')
                }
                onChange={() => pick(choice)}
              />
              <span className={styles.cap} aria-hidden="true">
                {choice === 'dismiss' ? '0' : commandKeys(choiceKeys[choice])}
              </span>
              <span aria-hidden="true">{t(`action.${choice}`)}</span>
              {choice === suggested && (
                <span className={styles.star} aria-hidden="true">
                  {t('action.suggested')}
                </span>
              )}
            </label>
          )
        })}
      </div>

      {open && (
        <div className={styles.fields}>
          <details className={styles.inputs}>
            <summary>
              {t('action.suggestion', {
                action:
                  t(`action.${suggestion.action}`) +
                  (suggestion.durationSeconds === null ? '' : ` ${durationText(suggestion.durationSeconds, t)}`),
              })}
              <span className={styles.ladder}>
                {t('action.ladder', { version: suggestion.ladderVersion, step: suggestion.step })}
              </span>
              <span className={styles.whyLink}>{t('action.suggestionWhy')}</span>
            </summary>
            <ul>
              {suggestion.inputs.map((input) => (
                <li key={input}>{input}</li>
              ))}
            </ul>
          </details>

          {value.choice === 'dismiss' ? (
            <fieldset className={styles.group}>
              <legend>{t('action.dismissReason')}</legend>
              <div className={styles.chips}>
                {dismissReasons.map((reason, index) => (
                  <label
                    key={reason}
                    className={styles.chip}
                    data-checked={value.dismissReason === reason || undefined}
                  >
                    <input
                      type="radio"
                      name={`${name}-reason`}
                      data-problem={index === 0 ? 'dismissReason' : undefined}
                      checked={value.dismissReason === reason}
                      onChange={() => edit({ dismissReason: reason })}
                    />
                    {t(`dismissReason.${reason}`)}
                  </label>
                ))}
              </div>
            </fieldset>
          ) : (
            <>
              {value.choice === 'suspend' && (
                <div className={styles.inline}>
                  <label className={styles.label} htmlFor={`${name}-duration`}>
                    {t('action.duration')}
                  </label>
                  <select
                    id={`${name}-duration`}
                    className={styles.select}
                    value={value.durationSeconds}
                    onChange={(event) => edit({ durationSeconds: Number(event.target.value) })}
                  >
                    {durations.map((seconds) => (
                      <option key={seconds} value={seconds} disabled={!mayBan && seconds > moderatorSuspendSeconds}>
                        {durationText(seconds, t)}
                        {!mayBan && seconds > moderatorSuspendSeconds ? `（${t('action.leadOnly')}）` : ''}
                      </option>
                    ))}
                  </select>
                  <Tick
                    className={styles.ladder}
                    text={(now) => t('action.until', { time: minuteTime(now + value.durationSeconds * 1_000) })}
                  />
                </div>
              )}
              <fieldset className={styles.group}>
                <legend>{t('action.grounds')}</legend>
                <div className={styles.chips}>
                  {detail.grounds.map((ground, index) => (
                    <Check
                      key={ground.basisId}
                      label={shortCitation(ground.citation)}
                      title={ground.citation}
                      problem={index === 0 ? 'basis' : undefined}
                      checked={value.basisIds.includes(ground.basisId)}
                      onChange={(on) => edit({ basisIds: toggled(value.basisIds, ground.basisId, on) })}
                    />
                  ))}
                </div>
              </fieldset>
              <fieldset className={styles.group}>
                <legend>{t('action.evidence')}</legend>
                <div className={styles.chips}>
                  {evidenceIds.map((id, index) => (
                    <Check
                      key={id}
                      label={evidenceLabel(detail, id)}
                      problem={index === 0 ? 'evidence' : undefined}
                      checked={value.evidenceIds.includes(id)}
                      onChange={(on) => edit({ evidenceIds: toggled(value.evidenceIds, id, on) })}
                    />
                  ))}
                </div>
              </fieldset>
            </>
          )}
          <div className={styles.pair}>
            {value.choice !== 'dismiss' && (
              <>
                <label className={styles.label} htmlFor={`${name}-why`}>
                  {off ? t('action.reasonRequired') : t('action.reason')}
                </label>
                <textarea
                  id={`${name}-why`}
                  className={styles.text}
                  data-problem="reason"
                  rows={1}
                  maxLength={1_000}
                  required={off}
                  aria-invalid={problem === 'reason' || undefined}
                  placeholder={off ? t('action.reasonNeeded') : t('action.reasonHint')}
                  value={value.reason}
                  onChange={(event) => edit({ reason: event.target.value })}
                />
              </>
            )}
            <label className={styles.label} htmlFor={`${name}-note`}>
              {t('action.note')}
            </label>
            <textarea
              id={`${name}-note`}
              className={styles.text}
              rows={1}
              maxLength={2_000}
              value={value.note}
              onChange={(event) => edit({ note: event.target.value })}
            />
          </div>
          {value.choice !== 'dismiss' && <NoticePreview detail={detail} draft={value} actionText={draftText} />}
        </div>
      )}

      {conflict !== null && (
        <ConflictPanel
          current={current}
          draftText={draftText}
          onAdopt={() => {
            draft.discard()
            submit.reset()
            onSubmitted?.()
          }}
          onAgain={() => {
            submit.reset()
            submit.mutate(value)
          }}
        />
      )}
      {submit.isError && conflict === null && (
        <div className={styles.error} role="alert">
          <span>{t('action.failed', { message: errorText(submit.error, t) })}</span>
          {submit.error instanceof ApiError && submit.error.wire?.requestId !== undefined && (
            <span className={styles.ladder}>{t('action.errorId', { id: submit.error.wire.requestId })}</span>
          )}
          <span>{t('action.draftKept')}</span>
          <Button small onClick={send}>
            {t('action.retry')}
          </Button>
        </div>
      )}
      {problem !== null && (
        <p className={styles.error} role="alert">
          {t(`action.${problemKeys[problem]}`)}
        </p>
      )}
      <div className={styles.bottom}>
        <Button type="submit" tone="primary" disabled={submit.isPending} keys={commandKeys('case.submit')}>
          {submit.isPending ? t('action.submitting') : t('action.submit')}
        </Button>
        <span className={styles.hint} aria-hidden="true">
          {commandKeys('case.submit')}
        </span>
        <span className={styles.chosen}>{draftText}</span>
      </div>
    </form>
  )
}

function Check({
  label,
  title = label,
  checked,
  problem,
  onChange,
}: {
  label: string
  title?: string
  checked: boolean
  problem: DraftProblem | undefined
  onChange: (on: boolean) => void
}) {
  return (
    <label className={styles.chip} data-checked={checked || undefined} title={title}>
      <input
        type="checkbox"
        data-problem={problem}
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span className={styles.chipText}>{label}</span>
    </label>
  )
}

function toggled(list: readonly string[], item: string, on: boolean): string[] {
  return on ? [...list, item] : list.filter((other) => other !== item)
}

function evidenceLabel(detail: CaseDetail, id: string): string {
  const seq = Number(id.slice(id.lastIndexOf(':') + 1))
  const line = detail.transcript.find((item) => item.seq === seq)
  return line === undefined ? `#${seq}` : `${clockTime(line.receivedAt)} ${line.text}`
}
