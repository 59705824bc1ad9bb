// The words of CloudFormation and IAM that the files of the stack have in common.

const getArn = (id) => ({ 'Fn::GetAtt': [id, 'Arn'] });
const sub = (text) => ({ 'Fn::Sub': text });

/** An object without the properties that are undefined. */
const compact = (object) =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

const document = (...statements) => ({ Version: '2012-10-17', Statement: statements });
const allow = (Action, Resource, rest = {}) => ({ Effect: 'Allow', Action, Resource, ...rest });
const policy = (PolicyName, ...statements) => ({ PolicyName, PolicyDocument: document(...statements) });

module.exports = { allow, compact, document, getArn, policy, sub };
