import type { Fetch, Trip } from '../http/fetch.ts';
import type { SkillTable } from '../snapshot/skills.ts';
import type { TokenSource } from './token.ts';
import { createListAll, type DirectoryOptions, forEachOf, hasId, toIdText } from './user-admin.ts';

/**
 * Creates a client for the skills of an account's agents (scope users:read). It uses GET
 * /useradmin/skills and /useradmin/skills/{skillId}/users. The first of them is not documented; we
 * assume that it is like /useradmin/groups. It throws what {@link createListAll} throws.
 */
export function createFetchSkills(
  fetch: Fetch,
  tokens: TokenSource,
  options: DirectoryOptions,
): (trip: Trip) => Promise<SkillTable> {
  const list = createListAll(fetch, tokens, options);

  return async (trip) => {
    const names = new Set<string>();
    const skillsOf = new Map<string, string[]>();
    await forEachOf(await list('skills', {}, 'skills', trip), async (skill) => {
      const id = toIdText(skill.skillId, 'skills[].skillId');
      const name = toIdText(skill.skillName, 'skills[].skillName').trim();
      names.add(name);
      for (const user of await list(`skills/${encodeURIComponent(id)}/users`, {}, 'users', trip)) {
        if (!hasId(user.agentDisplayId)) continue;
        const agentId = toIdText(user.agentDisplayId, 'users[].agentDisplayId');
        const others = skillsOf.get(agentId) ?? [];
        if (!others.includes(name)) skillsOf.set(agentId, [...others, name]);
      }
    });
    return { names, skillsOf };
  };
}
