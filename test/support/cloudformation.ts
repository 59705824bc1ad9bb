import { createRequire } from 'node:module';
import type { Property, PropertyType } from '@aws-cdk/service-spec-types';
import type { Template } from './template.ts';

// By require: the database is CommonJS and large, and this way Jest does not process it.
const { loadAwsServiceSpecSync } = createRequire(import.meta.url)(
  '@aws-cdk/aws-service-spec',
) as typeof import('@aws-cdk/aws-service-spec');
const database = loadAwsServiceSpecSync();

type Properties = Record<string, Property>;

/**
 * All differences of a template from AWS's own description of its resources: types, properties,
 * required ones.
 */
export function violations(template: Template): string[] {
  return Object.entries(template.Resources).flatMap(([id, { Type, Properties: given = {} }]) => {
    const [resource] = database.lookup('resource', 'cloudFormationType', 'equals', Type);
    if (!resource) return [`${id}: there is no type ${Type}`];
    return inObject(id, given, resource.properties as Properties);
  });
}

function inObject(path: string, given: Record<string, unknown>, properties: Properties): string[] {
  const unknown = Object.keys(given).filter((name) => !(name in properties));
  const missing = Object.entries(properties).filter(([name, { required }]) => required && !(name in given));
  return [
    ...unknown.map((name) => `${path}: there is no property ${name}`),
    ...missing.map(([name]) => `${path}: ${name} is required`),
    ...Object.entries(given).flatMap(([name, value]) =>
      name in properties ? inValue(`${path}.${name}`, value, properties[name]!.type) : [],
    ),
  ];
}

function inValue(path: string, value: unknown, type: PropertyType): string[] {
  // A value that CloudFormation computes cannot be checked here.
  if (isIntrinsic(value)) return [];
  const expect = (fits: boolean, what: string) => (fits ? [] : [`${path}: expected ${what}`]);
  switch (type.type) {
    case 'string': {
      const words = type.allowedValues;
      if (words) return expect(words.includes(value as string), `one of ${words.join(', ')}`);
      return expect(typeof value === 'string', 'a string');
    }
    case 'integer':
      return expect(Number.isInteger(value), 'a whole number');
    case 'number':
      return expect(typeof value === 'number', 'a number');
    case 'boolean':
      return expect(typeof value === 'boolean', 'true or false');
    case 'array':
      if (!Array.isArray(value)) return expect(false, 'a list');
      return value.flatMap((each, index) => inValue(`${path}[${index}]`, each, type.element));
    case 'map':
      if (!isObject(value)) return expect(false, 'an object');
      return Object.entries(value).flatMap(([key, each]) => inValue(`${path}.${key}`, each, type.element));
    case 'ref':
      if (!isObject(value)) return expect(false, 'an object');
      return inObject(
        path,
        value,
        database.get('typeDefinition', type.reference.$ref).properties as Properties,
      );
    case 'union': {
      const tries = type.types.map((each) => inValue(path, value, each));
      return tries.some((found) => found.length === 0) ? [] : tries[0]!;
    }
    default:
      return [];
  }
}

function isIntrinsic(value: unknown): boolean {
  const [name, ...others] = isObject(value) ? Object.keys(value) : [];
  return name !== undefined && others.length === 0 && (name === 'Ref' || name.startsWith('Fn::'));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
