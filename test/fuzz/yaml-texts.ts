import fc from 'fast-check';
import { mark } from './target.ts';

/**
 * Documents as users write them: lists of accounts and of destinations, rosters, and rare parts of
 * YAML.
 */
export const yamlTexts: fc.Arbitrary<string> = fc.constantFrom(
  `accounts:
  - name: uk
    client_id: abc-${mark}
    client_secret: '${mark}-0123456789'
    region: emea
    roster: teams.csv
  - name: us
    secret_id: vcc/us
    agent_include: "team=Sales|Support"
    known_values: [presence=Sabbatical, state=Novel]
    semantics: { workload_falls_phone: wrap }
`,
  `# A list
destinations:
- {name: a, type: remote-write, url: "https://example.org/write", auth: basic, user: u, password: ${mark}}
- name: b
  type: emf
  labels:
    env: prod
`,
  `- agentId: "0012"\n  name: ${mark}\n  team: Sales\n- agentId: 13\n  team: ~\n`,
  `base: &base {a: 1, b: [x, y]}\nmore:\n  <<: *base\n  c: |\n    many\n    lines\n  d: >-\n    folded\n`,
  `"quoted \\u00e9 \\x41": 'it''s'\n? complex\n: value\n---\n`,
  `accounts:\n- name: uk\n  client_id: abc\n  client_secret: !${mark}^x\n`,
  JSON.stringify({ accounts: [{ name: 'uk', client_id: 'id', client_secret: mark }] }, undefined, 2),
);
