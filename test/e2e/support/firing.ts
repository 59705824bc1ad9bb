import type { episodes } from './episodes.ts';

/** When an alert may fire: in these episodes and this number of minutes after. */
export interface Firing {
  in: readonly (keyof typeof episodes)[];
  /** Its windows look back, or its `for` is shorter than its cause. */
  lingers?: number;
  /** Until the day ends: it looks back six hours. */
  onward?: true;
  /** The quiet account is affected too. */
  everywhere?: true;
}

/** The episodes of the day in which each alert has to fire. Everywhere else it has to be silent. */
export const firing: Readonly<Record<string, Firing>> = {
  VccExporterDown: { in: ['exporterGone'], everywhere: true },
  VccExporterAbsent: { in: ['nothingSent'], everywhere: true },
  VccAccountMissing: { in: ['pushGone'], lingers: 1, everywhere: true },
  VccSnapshotFailing: { in: ['apiOutage'] },
  VccDataStale: { in: ['staleCache'], lingers: 1 },
  VccAuthFailing: { in: ['wrongSecret'] },
  VccThrottled: { in: ['throttled'], lingers: 5 },
  VccSnapshotSlow: { in: ['slow'], lingers: 5 },
  VccUnknownValues: { in: ['unknownWords'], lingers: 5 },
  VccFlawedAgents: { in: ['flawedAgent'], lingers: 5 },
  VccSeriesDropped: { in: ['newHires'] },
  VccPushFailing: { in: ['pushOutage'], lingers: 1 },
  VccErrorBudgetBurn: { in: ['apiOutage', 'wrongSecret'], lingers: 30 },
  VccErrorBudgetBurnSlow: { in: ['throttled', 'apiOutage', 'wrongSecret'], onward: true },
  VccClockSkew: { in: ['lateClock'], lingers: 2, everywhere: true },
  VccRosterFailing: { in: ['noRoster'], lingers: 1 },
  VccBoundMissing: { in: ['otherBounds'] },
  VccNobodyReady: { in: ['briefing'] },
  VccNobodyFree: { in: ['storm'], lingers: 1 },
  VccLongestFree: { in: ['lull'], lingers: 1 },
  VccIdleAgents: { in: ['lull'], lingers: 1 },
  VccTeamIdleAgents: { in: ['lull'], lingers: 1 },
  VccReadyShareLow: { in: ['lunch'], lingers: 1 },
  VccAwayTooLong: { in: ['longBreaks'], lingers: 1 },
  VccExtendedAwayTooLong: { in: ['longLunches'], lingers: 1 },
  VccWrapTooLong: { in: ['longWraps'] },
  VccRingTooLong: { in: ['longRings'] },
  VccConnectedVeryLong: { in: ['longCalls'] },
  VccRingNoAnswer: { in: ['stuck'], lingers: 5 },
  VccFailedInteractions: { in: ['failed'], lingers: 5 },
};
