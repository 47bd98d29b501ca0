import { type AgentRow, findAgentsByExternalId, insertAgents, take } from '@tenantree/db';
import { type AccountId, type NewAccount, parseExternalId, parseName } from '@tenantree/domain';
import type { Caller, Hall } from '../hall/hall.ts';
import { granted, refuseWith } from '../hall/refused.ts';

export type AgentInput = { readonly name: string; readonly externalId?: string | undefined };

/**
 * Creates agents. One with an external id that the account has already is returned as it is when its name is the same.
 *
 * @throws Refused EXTERNAL_ID_CONFLICT when it has another name; nothing is created then
 */
export async function createAgents(
  hall: Hall,
  caller: Caller,
  where: { readonly id: AccountId; readonly root: AccountId },
  inputs: readonly AgentInput[],
): Promise<{ agents: AgentRow[]; created: number }> {
  const wishes = inputs.map(parseAgent);
  return hall.change(caller, { root: where.root, acting: where.id }, async (scope) => {
    const account = await scope.account(where.id);
    const ids = wishes.flatMap(({ externalId }) => (externalId === null ? [] : [externalId]));
    const byExternalId = new Map(
      (await findAgentsByExternalId(scope.trx, where.id, ids)).map((agent) => [agent.externalId, agent]),
    );
    const fresh: AgentRow[] = [];
    const agents = wishes.map((wish) => {
      const earlier = wish.externalId === null ? undefined : byExternalId.get(wish.externalId);
      if (earlier && earlier.name !== wish.name) {
        return refuseWith(
          'EXTERNAL_ID_CONFLICT',
          `The external id “${wish.externalId}” belongs to the agent “${earlier.name}”.`,
          'agents',
        );
      }
      if (earlier) return earlier;
      const agent: AgentRow = { id: hall.newId(), ...wish };
      if (agent.externalId !== null) byExternalId.set(agent.externalId, agent);
      fresh.push(agent);
      return agent;
    });
    if (fresh.length > 0) {
      await insertAgents(scope.trx, where.id, fresh, scope.now);
      await take(scope.trx, where.id, 'agents', fresh.length, scope.version);
      const details = { count: fresh.length, account: account.name };
      scope.happened('agents.created', where.id, details, { id: account.id, name: account.name });
      scope.shows(account.path);
    }
    return { agents, created: fresh.length };
  });
}

function parseAgent(input: AgentInput): { name: string; externalId: NewAccount['externalId'] } {
  const { name } = granted(parseName(input.name));
  return { name, externalId: input.externalId === undefined ? null : granted(parseExternalId(input.externalId)) };
}
