import type { Resource, Template } from './template.ts';

/**
 * The properties in which all ways to deploy a function must agree. References are words, so that
 * templates can be compared.
 */
export interface Essentials {
  runtime: unknown;
  architectures: unknown;
  handler: unknown;
  memory: unknown;
  timeout: unknown;
  concurrency: unknown;
  variables: Record<string, unknown>;
  assumedBy: unknown;
  statements: Statement[];
  permissions: Permission[];
  logRetention: unknown;
  urlAuthType: unknown;
  schedule: unknown;
  retries: unknown;
  maxAgeSeconds: unknown;
}

/** A statement of the function's role. `logs` is the function's own log group. */
export interface Statement {
  actions: string[];
  resource: string;
  condition: unknown;
}

/** Who may invoke the function. `by` is the schedule where there is one. */
export interface Permission {
  action: unknown;
  principal: unknown;
  authType?: unknown;
  viaUrl?: unknown;
  by?: 'schedule';
}

interface RawStatement {
  Action: string | string[];
  Resource: unknown;
  Condition?: unknown;
}

/**
 * The essentials of one function of a CloudFormation template.
 * @throws Error when the function is missing
 */
export function essentialsOf({ Resources }: Template, functionId: string): Essentials {
  const all = Object.entries(Resources);
  const own = Resources[functionId]?.Properties;
  if (!own) throw new Error(`there is no ${functionId}`);
  const find = (type: string, property: string, id = functionId) =>
    all.filter(([, each]) => each.Type === type && refersTo(each.Properties[property], id));
  const one = (type: string, property: string) => find(type, property)[0]?.[1].Properties;

  const [logsId, logs] = all.find(
    ([id, { Type, Properties }]) =>
      Type === 'AWS::Logs::LogGroup' &&
      (Properties.LogGroupName === `/aws/lambda/${own.FunctionName}` ||
        refersTo((own.LoggingConfig as Record<string, unknown> | undefined)?.LogGroup, id)),
  )!;
  const [, role] = all.find(([id, { Type }]) => Type === 'AWS::IAM::Role' && refersTo(own.Role, id))!;
  const [ruleId, rule] = all.find(
    ([, { Type, Properties }]) =>
      Type === 'AWS::Events::Rule' &&
      (Properties.Targets as { Arn: unknown }[]).some(({ Arn }) => refersTo(Arn, functionId)),
  ) ?? [undefined, undefined];
  const invocation = one('AWS::Lambda::EventInvokeConfig', 'FunctionName');

  return {
    runtime: own.Runtime,
    architectures: own.Architectures,
    handler: own.Handler,
    memory: own.MemorySize,
    timeout: own.Timeout,
    concurrency: own.ReservedConcurrentExecutions,
    variables: (own.Environment as { Variables: Record<string, unknown> }).Variables,
    assumedBy: role.Properties.AssumeRolePolicyDocument,
    statements: toStatements(role, (resource) => (refersTo(resource, logsId) ? 'logs' : toText(resource))),
    permissions: find('AWS::Lambda::Permission', 'FunctionName')
      .map(([, { Properties }]) => toPermission(Properties, refersTo(Properties.SourceArn, ruleId)))
      .toSorted(byText),
    logRetention: logs.Properties.RetentionInDays,
    urlAuthType: one('AWS::Lambda::Url', 'TargetFunctionArn')?.AuthType,
    schedule: rule && { expression: rule.Properties.ScheduleExpression, state: rule.Properties.State },
    retries: invocation?.MaximumRetryAttempts,
    maxAgeSeconds: invocation?.MaximumEventAgeInSeconds,
  };
}

/** An order for comparisons. */
export const byText = (one: unknown, other: unknown) =>
  JSON.stringify(one).localeCompare(JSON.stringify(other));

function toStatements(role: Resource, toResource: (resource: unknown) => string): Statement[] {
  const policies = role.Properties.Policies as { PolicyDocument?: { Statement: RawStatement[] } }[];
  return policies
    .flatMap(({ PolicyDocument }) => PolicyDocument?.Statement ?? [])
    .map(({ Action, Resource, Condition }) => ({
      actions: [Action].flat(),
      resource: toResource(Resource),
      condition: Condition,
    }))
    .toSorted(byText);
}

function toPermission(properties: Record<string, unknown>, scheduled: boolean): Permission {
  return {
    action: properties.Action,
    principal: properties.Principal,
    ...(properties.FunctionUrlAuthType !== undefined && { authType: properties.FunctionUrlAuthType }),
    ...(properties.InvokedViaFunctionUrl !== undefined && { viaUrl: properties.InvokedViaFunctionUrl }),
    ...(scheduled && { by: 'schedule' }),
  };
}

function refersTo(value: unknown, id: string | undefined): boolean {
  if (id === undefined || typeof value !== 'object' || value === null) return false;
  const { Ref, 'Fn::GetAtt': attribute } = value as { Ref?: string; 'Fn::GetAtt'?: string[] };
  return Ref === id || attribute?.[0] === id;
}

/** A text with pseudo parameters as `{AWS::Region}`, however it is put together. */
function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  const parts = value as { Ref?: string; 'Fn::Sub'?: string; 'Fn::Join'?: [string, unknown[]] };
  if (parts['Fn::Sub'] !== undefined) return parts['Fn::Sub'].replaceAll('${', '{');
  if (parts['Fn::Join'] !== undefined) return parts['Fn::Join'][1].map(toText).join(parts['Fn::Join'][0]);
  return parts.Ref === undefined ? JSON.stringify(value) : `{${parts.Ref}}`;
}
