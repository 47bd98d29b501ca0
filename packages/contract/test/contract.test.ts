import { permission } from '@tenantree/domain';
import { describe, expect, it } from 'vitest';
import { type JsonSchema, PROCEDURES, refusalsOf } from '../src/index.ts';

/** Every text in a JSON Schema, with the names of the fields that lead to it. */
function textsIn(schema: JsonSchema, path: string): { readonly field: string; readonly names: unknown }[] {
  const { type, properties, items, anyOf } = schema as {
    readonly type?: string;
    readonly properties?: Record<string, JsonSchema>;
    readonly items?: JsonSchema;
    readonly anyOf?: readonly JsonSchema[];
  };
  if (type === 'string') return [{ field: path, names: schema['x-names'] }];
  return [
    ...Object.entries(properties ?? {}).flatMap(([name, part]) => textsIn(part, name)),
    ...(items ? textsIn(items, path) : []),
    ...(anyOf ?? []).flatMap((part) => textsIn(part, path)),
  ];
}

/** What a field is called that names somebody's something. */
const ID_SHAPED = /^(id|.*Id|accounts?|job|key|within|childrenOf|to|actor|cursor)$/;
/** Fields that are called so and name nothing of ours: the integrator's own name for it, a number of an office, of a frame, the end of a range, a variable. */
const NAMES_NOTHING =
  /(externalId|lastEventId|taxId)$|^usage\.(series|export) to$|^books\.(previewAssignment|assign|unassign) to$|^limits\.(acquire|renew|release) key$|^blueprints\.save key$/;

describe('The contract', () => {
  it('asks for levels that the permission has (rules/permissions 10)', () => {
    for (const [path, { needs }] of PROCEDURES)
      if (needs.kind === 'account') expect(permission(needs.permission).levels, path).toContain(needs.level);
  });

  it('says of every procedure in one sentence what it does, and why what is public is public', () => {
    for (const [path, { needs, says }] of PROCEDURES) {
      expect(says, path).toMatch(/^[A-Z][^.!?]{10,140}\.$/);
      if (needs.kind === 'public') expect(needs.why, path).toMatch(/\.$/);
    }
  });

  it('names the account that it is about in every input of a procedure in an account', () => {
    for (const [path, { needs, input }] of PROCEDURES) {
      if (needs.kind !== 'account') continue;
      const { properties = {} } = input.jsonSchema('input') as { readonly properties?: Record<string, JsonSchema> };
      expect(properties['account'], path).toMatchObject({ type: 'string', 'x-names': 'account' });
    }
  });

  it('can be written as JSON Schema, what is sent as well as what is answered', () => {
    for (const [path, { input, output }] of PROCEDURES) {
      expect(input.jsonSchema('input'), path).toMatchObject({ $schema: expect.stringContaining('2020-12') });
      expect(output.jsonSchema('output'), path).toMatchObject({ type: 'object', additionalProperties: false });
    }
  });

  it('says of every field that names somebody’s something what it names, so that the walk over all procedures finds it', () => {
    const unsaid = [...PROCEDURES].flatMap(([path, { input }]) =>
      textsIn(input.jsonSchema('input'), '')
        .filter(({ field, names }) => ID_SHAPED.test(field) && names === undefined)
        .map(({ field }) => `${path} ${field}`)
        .filter((place) => !NAMES_NOTHING.test(place)),
    );
    expect(unsaid).toEqual([]);
  });

  it('lets embedded screens make no credential, and hand out nothing that is more than theirs', () => {
    const screens = [...PROCEDURES].flatMap(([path, { needs }]) =>
      needs.kind !== 'public' && needs.callers.kinds.includes('embed') ? [path] : [],
    );
    expect(
      screens.filter((path) => /^(keys|embed|setup)\.|^members\.leave$|^accounts\.createMain$/.test(path)),
    ).toEqual([]);
  });

  it('names each refusal once, and what comes with needs and kind by itself', () => {
    for (const [path, procedure] of PROCEDURES) {
      const codes = refusalsOf(procedure);
      expect([...new Set(codes)], path).toEqual(codes);
      expect(codes.includes('IDEMPOTENCY_CONFLICT'), path).toBe(procedure.kind === 'mutation');
      expect(codes.includes('NOT_FOUND') || procedure.needs.kind !== 'account', path).toBe(true);
    }
  });

  it('refuses what its schema does not allow, with the field and in words for people', () => {
    const list = PROCEDURES.get('accounts.list')!.input;
    expect(list.read({ account: 'a', limit: 0 })).toEqual({
      ok: false,
      refusal: { code: 'BAD_REQUEST', field: 'limit', message: 'This has to be 1 at least.' },
    });
    expect(list.read({ account: 'a', colour: 'red' })).toMatchObject({ refusal: { field: 'colour' } });
    expect(list.read({ account: 'a' })).toMatchObject({ ok: true, value: { limit: 50, sort: 'name' } });
  });
});
