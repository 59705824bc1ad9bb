declare module 'textlint-rule-terminology' {
  import type { TextlintRuleModule } from '@textlint/types';

  const rule: { readonly linter: TextlintRuleModule };
  export default rule;
}
