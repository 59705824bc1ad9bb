import type { SimulatedAccount } from './account.ts';
import { type Answer, badPaging, problem, takePage } from './answer.ts';

const usersPath = '/useradmin/users';
const groupsPath = '/useradmin/groups';
const skillsPath = '/useradmin/skills';
const skilledPath = /^\/useradmin\/skills\/([^/]+)\/users$/;
const membersPath = /^\/useradmin\/groups\/([^/]+)\/users$/;

/** Whether {@link userAdmin} answers requests for a path. */
export function isUserAdminPath(path: string): boolean {
  return (
    [usersPath, groupsPath, skillsPath].includes(path) || membersPath.test(path) || skilledPath.test(path)
  );
}

/**
 * Answers requests for users, groups, skills, and the users of a group or a skill. As in the
 * examples of the reference, the answer for users has no `meta`, and the other answers have it. We
 * assume:
 *
 * - The users of a group or a skill support limit and page.
 * - The list of skills has the form of the list of groups.
 */
export function userAdmin(account: SimulatedAccount, path: string, query: URLSearchParams): Answer {
  if (path === usersPath) return users(account, query);
  if (path === groupsPath) return groups(account, query);
  if (path === skillsPath) return skills(account, query);
  const [, skillId] = skilledPath.exec(path) ?? [];
  if (skillId !== undefined) return skilled(account, skillId, query);
  return members(account, membersPath.exec(path)?.[1] ?? '', query);
}

function users(account: SimulatedAccount, query: URLSearchParams): Answer {
  const include = query.get('include') ?? 'Active';
  if (!['Active', 'Archived', 'All'].includes(include)) {
    return problem(400, 'Bad Request', 'Invalid include! Valid values: Active,Archived,All');
  }
  const all = account.users().filter(({ active }) => include === 'All' || active === (include === 'Active'));
  const page = takePage(all, query, account.shifted.users);
  return page ? { status: 200, body: { users: page.items } } : badPaging;
}

function groups(account: SimulatedAccount, query: URLSearchParams): Answer {
  const page = takePage(
    account.groups().map(({ members: _, ...group }) => group),
    query,
  );
  return page ? { status: 200, body: { meta: page.meta, groups: page.items } } : badPaging;
}

function members(account: SimulatedAccount, groupId: string, query: URLSearchParams): Answer {
  const group = account.groups().find((candidate) => candidate.groupId === groupId);
  if (!group) return problem(404, 'Not Found', 'Resource not found');
  const page = takePage(
    group.members.map(({ userId, name, userAccountConfiguration: { agentConfiguration } }) => ({
      userId,
      ...agentConfiguration,
      name,
    })),
    query,
    account.shifted.users,
  );
  return page ? { status: 200, body: { meta: page.meta, groupId, users: page.items } } : badPaging;
}

function skills(account: SimulatedAccount, query: URLSearchParams): Answer {
  const page = takePage(
    account.skills().map(({ skillId, skillName }) => ({ skillId, skillName })),
    query,
  );
  return page ? { status: 200, body: { meta: page.meta, skills: page.items } } : badPaging;
}

function skilled(account: SimulatedAccount, skillId: string, query: URLSearchParams): Answer {
  const skill = account.skills().find((candidate) => candidate.skillId === skillId);
  if (!skill) return problem(404, 'Not Found', 'Resource not found');
  const page = takePage(
    skill.members.map(({ user: { userId, name, userAccountConfiguration }, level }) => ({
      userId,
      ...userAccountConfiguration.agentConfiguration,
      name,
      agentSkillLevel: level,
    })),
    query,
    account.shifted.users,
  );
  return page ? { status: 200, body: { meta: page.meta, users: page.items } } : badPaging;
}
