// The alarms of the stack.
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
  /** Nine tenths of the time that a function has. */
  const duration = (seconds) => ({ MetricName: 'Duration', Statistic: 'Maximum', Threshold: seconds * 900 });
  const throttles = { MetricName: 'Throttles' };
  const messages = {
    Namespace: 'AWS/SQS',
    MetricName: 'ApproximateNumberOfMessagesVisible',
    Statistic: 'Maximum',
  };
  const notPushed = 'An account could not be read, or its samples could not be sent or queued. The log of';
  return {
    MetricsErrors: alarm(
      'The function that answers scrapes crashed or timed out. Its log says why.',
      ofFunction('Metrics'),
    ),
    MetricsThrottles: alarm(
      'Scrapes were refused because `concurrency` of them were running already.',
      ofFunction('Metrics'),
      throttles,
    ),
    MetricsDuration: alarm(
      'A scrape took nearly as long as the function may run.',
      ofFunction('Metrics'),
      duration(metricsTimeout(parameters)),
    ),
    ...(pushEnabled && {
      PushErrors: alarm(`${notPushed} push says why.`, ofFunction('Push')),
      PushThrottles: alarm(
        'push was still running when it was started again.',
        ofFunction('Push'),
        throttles,
      ),
      PushDuration: alarm(
        'push took nearly as long as the function may run.',
        ofFunction('Push'),
        // It always runs until the last scrape of its period.
        { ...duration(0), Threshold: pushTimeout(parameters) * 1000 - 3000 },
      ),
      PushFailuresWaiting: alarm(
        'Invocations of push failed; the queue has their records.',
        ofQueue('PushFailures'),
        messages,
      ),
    }),
    ...(withFanOut && {
      PushAccountErrors: alarm(`${notPushed} pushAccount says why.`, ofFunction('PushAccount')),
      PushAccountsDelayed: alarm(
        'Accounts have waited for five minutes to be scraped. Lambda does not start enough invocations of pushAccount.',
        ofQueue('PushAccounts'),
        // Messages of invocations that run or have failed are hidden. Those that wait are not, at
        // any time.
        { ...messages, Statistic: 'Minimum' },
      ),
    }),
    ...(withQueue && {
      DeliverErrors: alarm(
        'The function that empties the queue crashed or timed out. Its log says why.',
        ofFunction('Deliver'),
      ),
      PushDelayed: alarm(
        'Samples have waited for five minutes because a destination does not accept them. The log of deliver says why.',
        ofQueue('PushBatches'),
        { ...messages, MetricName: 'ApproximateAgeOfOldestMessage', Threshold: 300 },
      ),
      PushRejects: alarm(
        'A destination rejected samples for good. `vcc-exporter replay --list` shows them with the reason.',
        ofQueue('PushRejected'),
        messages,
      ),
    }),
  };
}

module.exports = { alarms };
