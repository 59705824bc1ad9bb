import type { Target } from './target.ts';
import { accept } from './targets/accept.ts';
import { acceptEncoding } from './targets/accept-encoding.ts';
import { accountList } from './targets/account-list.ts';
import { agentStatusPage } from './targets/agent-status-page.ts';
import { authorization } from './targets/authorization.ts';
import { csv } from './targets/csv.ts';
import { emf } from './targets/emf.ts';
import { envFile } from './targets/env-file.ts';
import { environment } from './targets/environment.ts';
import { expositions } from './targets/expositions.ts';
import { lambdaEvent } from './targets/lambda-event.ts';
import { ongoingPage } from './targets/ongoing-page.ts';
import { otlp } from './targets/otlp.ts';
import { otlpAnswer } from './targets/otlp-answer.ts';
import { pushState } from './targets/push-state.ts';
import { queueFolder } from './targets/queue-folder.ts';
import { queueMessage } from './targets/queue-message.ts';
import { queueTimesPage } from './targets/queue-times-page.ts';
import { queues } from './targets/queues.ts';
import { receiverAnswer } from './targets/receiver-answer.ts';
import { recording } from './targets/recording.ts';
import { remoteWrite } from './targets/remote-write.ts';
import { request } from './targets/request.ts';
import { retryAfter } from './targets/retry-after.ts';
import { roster } from './targets/roster.ts';
import { secret } from './targets/secret.ts';
import { setting } from './targets/setting.ts';
import { snapshot } from './targets/snapshot.ts';
import { textFile } from './targets/text-file.ts';
import { thresholds } from './targets/thresholds.ts';
import { timestamp } from './targets/timestamp.ts';
import { tokenAnswer } from './targets/token-answer.ts';
import { usersPage } from './targets/users-page.ts';
import { yaml } from './targets/yaml.ts';

/** All targets. */
export const targets: readonly Target[] = [
  agentStatusPage,
  ongoingPage,
  queueTimesPage,
  snapshot,
  queues,
  ...expositions,
  ...remoteWrite,
  otlp,
  otlpAnswer,
  emf,
  accept,
  acceptEncoding,
  authorization,
  request,
  retryAfter,
  timestamp,
  csv,
  envFile,
  roster,
  textFile,
  thresholds,
  yaml,
  accountList,
  environment,
  pushState,
  queueFolder,
  queueMessage,
  recording,
  setting,
  usersPage,
  secret,
  tokenAnswer,
  receiverAnswer,
  lambdaEvent,
];
