import type { Enforcement } from '../../src/contracts/enforcement.ts'

/** A suspension that a room has obeyed; a test names what matters to it. */
export function measureExample(change: Partial<Enforcement> = {}): Enforcement {
  return {
    id: 'm1',
    action: 'suspend',
    subject: { kind: 'room', id: 'r1' },
    roomId: 'r1',
    roomTitle: '早场泡茶聊天',
    sessionId: 's1',
    hostId: 'h1',
    hostName: '伍姐',
    caseId: 'c1',
    caseNumber: 1,
    codes: ['efficacy.food_cure'],
    status: 'effective',
    reason: '',
    notice: '',
    evidence: [],
    grounds: [],
    actor: { kind: 'person', id: 'p1', name: '审核员', role: 'moderator' },
    issuedAt: '2026-11-23T06:00:00.000Z',
    until: '2026-11-23T07:00:00.000Z',
    receivedAt: '2026-11-23T06:00:01.000Z',
    effectiveAt: '2026-11-23T06:00:02.000Z',
    endedAt: null,
    reverses: null,
    reversedBy: null,
    auditSeq: 1,
    demo: false,
    rev: 1,
    ...change,
  }
}
