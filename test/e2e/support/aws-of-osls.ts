import type { IncomingMessage } from 'node:http';
import { startServer, type TestServer } from '../../support/server.ts';

/** A request, in the words of IAM. */
export interface Call {
  action: string;
  resource: string;
}

/** The AWS that osls deploys to. */
export interface Aws extends TestServer {
  account: string;
  region: string;
  calls: Call[];
  /** What is in the deployment bucket, by key. */
  objects: Map<string, { body: Buffer; headers: Record<string, string> }>;
  /** Bodies of CreateStack and UpdateStack. */
  stackCalls: URLSearchParams[];
}

const account = '123456789012';
const region = 'eu-west-1';
const stackName = 'vcc-exporter-prod';
const bucket = 'vcc-exporter-prod-serverlessdeploymentbucket-ab12cd34ef56';

/**
 * Answers the requests of osls to CloudFormation, S3, Lambda, CloudWatch Logs, STS and ECR, and
 * records them as actions on resources. Stacks are made at once, of nothing. `isAllowed` decides
 * over each request, as IAM would.
 */
export async function startAws(isAllowed: (call: Call) => boolean): Promise<Aws> {
  const calls: Call[] = [];
  const objects: Aws['objects'] = new Map();
  const stackCalls: URLSearchParams[] = [];
  const arnOf = (service: string, resource: string) => `arn:aws:${service}:${region}:${account}:${resource}`;
  const stackId = arnOf('cloudformation', `stack/${stackName}/1`);
  /** The last change of the stack: CREATE, UPDATE. */
  let stack: string | undefined;

  const server = await startServer(async (request, response) => {
    const body = await readBody(request);
    const { pathname, searchParams } = new URL(request.url!, 'http://aws');
    const service = /Credential=[^/]+\/\d+\/[^/]+\/([\w-]+)\//.exec(request.headers.authorization ?? '')?.[1];
    const answer = (status: number, text: string, headers = {}) => {
      response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : text);
    };
    /** Whether the request is allowed. If not, the answer is this refusal. */
    const take = (action: string, resource: string) => {
      const call = { action: `${service}:${action}`, resource };
      calls.push(call);
      if (isAllowed(call)) return true;
      if (!response.writableEnded) {
        const message = `not authorized to perform: ${call.action} on resource: ${resource}`;
        answer(403, toDenial(service!, message), { 'x-amzn-errortype': 'AccessDeniedException' });
      }
      return false;
    };

    switch (service) {
      case 'sts':
        // Every caller may read its own identity.
        return answer(
          200,
          `<R><GetCallerIdentityResult><Account>${account}</Account><Arn>arn:aws:iam::${account}:user/deployer</Arn></GetCallerIdentityResult></R>`,
        );
      case 'ecr':
        return answer(400, toDenial('ecr', 'not authorized'), {
          'x-amzn-errortype': 'AccessDeniedException',
        });
      case 'cloudformation': {
        const form = new URLSearchParams(body.toString('utf8'));
        const action = form.get('Action')!;
        if (!take(action, action === 'ValidateTemplate' ? '*' : stackId)) return;
        if (action === 'CreateStack' || action === 'UpdateStack') {
          stackCalls.push(form);
          stack = action.replace('Stack', '').toUpperCase();
        } else if (action === 'DeleteStack') stack = undefined;
        else if (stack === undefined) {
          return answer(
            400,
            `<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack with id ${stackName} does not exist</Message></Error></ErrorResponse>`,
          );
        }
        return answer(200, `<R><${action}Result>${toResult(action, stackId, stack)}</${action}Result></R>`);
      }
      case 's3': {
        const [name, ...path] = pathname.slice(1).split('/').map(decodeURIComponent);
        const key = path.join('/');
        const arn = `arn:aws:s3:::${name}`;
        if (key === '') {
          if (request.method === 'POST') {
            const keys = [...body.toString('utf8').matchAll(/<Key>(.*?)<\/Key>/g)].map(([, each]) => each!);
            for (const each of keys) {
              if (!take('DeleteObject', `${arn}/${each}`)) return;
              objects.delete(each);
            }
            return answer(200, '<DeleteResult/>');
          }
          if (!take('ListBucket', arn)) return;
          const listed = [...objects.keys()].filter((each) =>
            each.startsWith(searchParams.get('prefix') ?? ''),
          );
          const contents = listed.map((each) => `<Contents><Key>${each}</Key></Contents>`).join('');
          return answer(200, `<ListBucketResult>${contents}</ListBucketResult>`);
        }
        if (request.method === 'PUT') {
          if (!take('PutObject', `${arn}/${key}`)) return;
          const metadata = Object.entries(request.headers).filter(([header]) =>
            header.startsWith('x-amz-meta-'),
          );
          const headers = { ...Object.fromEntries(metadata), 'last-modified': new Date().toUTCString() };
          objects.set(key, { body, headers: headers as Record<string, string> });
          return answer(200, '', { etag: '"1"' });
        }
        if (!take('GetObject', `${arn}/${key}`)) return;
        return answer(objects.has(key) ? 200 : 404, '', objects.get(key)?.headers);
      }
      case 'lambda': {
        const name = pathname.split('/')[3]!;
        if (!take('GetFunction', arnOf('lambda', `function:${name}`))) return;
        if (stack !== 'UPDATE') {
          return answer(404, '{}', { 'x-amzn-errortype': 'ResourceNotFoundException' });
        }
        return answer(200, JSON.stringify({ Configuration: { LastModified: new Date().toISOString() } }));
      }
      case 'logs': {
        const { logGroupName } = JSON.parse(body.toString('utf8'));
        const action = String(request.headers['x-amz-target']).split('.')[1]!;
        if (!take(action, arnOf('logs', `log-group:${logGroupName}:log-stream:`))) return;
        const logStreams = [{ logStreamName: 'one' }];
        const events = [{ message: '{"level":"info"}\n', timestamp: Date.now() }];
        return answer(200, JSON.stringify(action === 'DescribeLogStreams' ? { logStreams } : { events }));
      }
      default:
        calls.push({ action: `${service}:${request.method}`, resource: pathname });
        return answer(400, '{}');
    }
  });
  return { ...server, account, region, calls, objects, stackCalls };
}

function toResult(action: string, stackId: string, stack: string | undefined): string {
  const own = `<StackId>${stackId}</StackId><StackName>${stackName}</StackName>`;
  switch (action) {
    case 'DescribeStacks':
      return `<Stacks><member>${own}<StackStatus>${stack}_COMPLETE</StackStatus><Outputs/></member></Stacks>`;
    case 'DescribeStackEvents': {
      const events = ['COMPLETE', 'IN_PROGRESS'].map(
        (state) =>
          `<member>${own}<EventId>${stack}-${state}</EventId><ResourceType>AWS::CloudFormation::Stack</ResourceType><LogicalResourceId>${stackName}</LogicalResourceId><ResourceStatus>${stack}_${state}</ResourceStatus></member>`,
      );
      return `<StackEvents>${events.join('')}</StackEvents>`;
    }
    case 'DescribeStackResource':
      return `<StackResourceDetail><PhysicalResourceId>${bucket}</PhysicalResourceId></StackResourceDetail>`;
    case 'ListStackResources':
      return '<StackResourceSummaries/>';
    default:
      return `<StackId>${stackId}</StackId>`;
  }
}

function toDenial(service: string, message: string): string {
  if (service !== 'cloudformation' && service !== 's3') {
    return JSON.stringify({ __type: 'AccessDeniedException', message });
  }
  const error = `<Code>AccessDenied</Code><Message>${message}</Message>`;
  return service === 's3'
    ? `<Error>${error}</Error>`
    : `<ErrorResponse><Error>${error}</Error></ErrorResponse>`;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
