import { expect, test } from '@jest/globals';
import { parseEnvText } from '../../src/cli/env-file.ts';

test.each([
  ['after a space that is not ASCII', '\u00a0# a note\nVCC_ACCOUNT=uk\n'],
  ['at the end of the file', "VCC_ACCOUNT=uk\n# VCC_REGION='nam'"],
  ['that is all', "#VCC_ACCOUNT=''"],
])('a comment %s is no variable, and hides none', (_, text) => {
  expect({ ...parseEnvText(text, '.env') }).toEqual(text.startsWith('#') ? {} : { VCC_ACCOUNT: 'uk' });
});
