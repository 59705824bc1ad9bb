// Helpers for CloudFormation and IAM that several files of the stack use.

const getArn = (id) => ({ 'Fn::GetAtt': [id, 'Arn'] });
const sub = (text) => ({ 'Fn::Sub': text });

/** Returns an object without its undefined properties. */
const compact = (object) =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

const document = (...statements) => ({ Version: '2012-10-17', Statement: statements });
const allow = (Action, Resource, rest = {}) => ({ Effect: 'Allow', Action, Resource, ...rest });
const policy = (PolicyName, ...statements) => ({ PolicyName, PolicyDocument: document(...statements) });

module.exports = { allow, compact, document, getArn, policy, sub };
