// The CloudWatch alarms of the stack.
const { compact } = require('./template.cjs');
const { metricsTimeout, pushTimeout } = require('./timeouts.cjs');

function alarms(parameters, { pushEnabled, withQueue, withFanOut }) {
  const ofFunction = (name) => [{ Name: 'FunctionName', Value: { Ref: `${name}LambdaFunction` } }];
  const ofQueue = (id) => [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [id, 'QueueName'] } }];
  const { alarmTopicArn: topic } = parameters;
  const alarm = (AlarmDescription, Dimensions, properties = {}) => ({
    Type: 'AWS::CloudWatch::Alarm',
    Properties: compact({
      AlarmDescription,
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions,
      Statistic: 'Sum',
      Period: 300,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
      AlarmActions: topic && [topic],
      OKActions: topic && [topic],
      ...properties,
    }),
  });
  /** Alarm at 90 % of a function's timeout, in ms. */
  const duration = (seconds) => ({ MetricName: 'Duration', Statistic: 'Maximum', Threshold: seconds * 900 });
  const throttles = { MetricName: 'Throttles' };
  const messages = {
    Namespace: 'AWS/SQS',
    MetricName: 'ApproximateNumberOfMessagesVisible',
    Statistic: 'Maximum',
  };
  const notPushed = 'Reading an account failed, or sending or queueing its samples failed. The log of';
  return {
    MetricsErrors: alarm(
      'The function metrics, which answers scrapes, crashed or timed out. Its log says why.',
      ofFunction('Metrics'),
    ),
    MetricsThrottles: alarm(
      'Lambda refused scrapes, since the number that `concurrency` allows was already running.',
      ofFunction('Metrics'),
      throttles,
    ),
    MetricsDuration: alarm(
      'A scrape took more than 90 % of the timeout of the function metrics.',
      ofFunction('Metrics'),
      duration(metricsTimeout(parameters)),
    ),
    ...(pushEnabled && {
      PushErrors: alarm(`${notPushed} push says why.`, ofFunction('Push')),
      PushThrottles: alarm(
        'Lambda did not start push, since the previous invocation was still running.',
        ofFunction('Push'),
        throttles,
      ),
      PushDuration: alarm(
        'push ended less than 3 seconds before its timeout, or timed out.',
        ofFunction('Push'),
        // push always runs until the last scrape of its period, so 90 % would be too low.
        { ...duration(0), Threshold: pushTimeout(parameters) * 1000 - 3000 },
      ),
      PushFailuresWaiting: alarm(
        'Invocations of push failed. The queue PushFailures has their records.',
        ofQueue('PushFailures'),
        messages,
      ),
    }),
    ...(withFanOut && {
      PushAccountErrors: alarm(`${notPushed} pushAccount says why.`, ofFunction('PushAccount')),
      PushAccountsDelayed: alarm(
        'Accounts have waited five minutes for a scrape. Lambda does not start enough invocations of pushAccount.',
        ofQueue('PushAccounts'),
        // Messages of running and failed invocations are hidden. So a minimum above 0 means that
        // messages waited during the whole period.
        { ...messages, Statistic: 'Minimum' },
      ),
    }),
    ...(withQueue && {
      DeliverErrors: alarm(
        'The function deliver, which empties the queue, crashed or timed out. Its log says why.',
        ofFunction('Deliver'),
      ),
      PushDelayed: alarm(
        'Samples have waited five minutes, since a destination does not accept them. The log of deliver says why.',
        ofQueue('PushBatches'),
        { ...messages, MetricName: 'ApproximateAgeOfOldestMessage', Threshold: 300 },
      ),
      PushRejects: alarm(
        'A destination rejected samples permanently. `vcc-exporter replay --list` shows them with the reason.',
        ofQueue('PushRejected'),
        messages,
      ),
    }),
  };
}

module.exports = { alarms };
