import type { Target } from './target.ts';
import { agentStatusPage } from './targets/agent-status-page.ts';
import { snapshot } from './targets/snapshot.ts';

/** All targets. */
export const targets: readonly Target[] = [agentStatusPage, snapshot];
