import { describe, expect, it } from 'vitest';
import { createLog } from '../src/hall/log.ts';

const logged = (write: (log: ReturnType<typeof createLog>) => void): Record<string, unknown> => {
  let line = '';
  write(createLog({ level: 'info', destination: { write: (text) => (line = text) } }));
  return JSON.parse(line) as Record<string, unknown>;
};

describe('the log', () => {
  it.each(['authorization', 'cookie', 'set-cookie', 'password', 'token', 'key', 'secret'])(
    'never holds a field named %s, down to the second object',
    (field) => {
      const line = logged((log) =>
        log.info({ [field]: 'hush', headers: { [field]: 'hush' }, a: { b: { [field]: 'hush' } } }),
      );
      expect(JSON.stringify(line)).not.toContain('hush');
      expect(line).toMatchObject({ [field]: '…', headers: { [field]: '…' } });
    },
  );

  it('never holds what looks like one of our secrets, wherever it stands', () => {
    const secrets = ['tt_key_abc-DEF_1', 'tt_embed_xyz', 'tt_invite_i9', 'tt_setup_s0'];
    const line = JSON.stringify(
      logged((log) => log.info({ deep: [[secrets]], err: new Error(secrets.join()) }, secrets.join(' '))),
    );
    for (const secret of secrets) expect(line).not.toContain(secret);
    expect(line).toContain('tt_key_…');
  });

  it('tells of an error its kind, message and place, not the row that the database repeats', () => {
    const error = Object.assign(new Error('duplicate key', { cause: new TypeError('inner') }), {
      code: '23505',
      detail: 'Key (email)=(ada@example.com) already exists.',
    });
    const line = logged((log) => log.error({ err: error }, 'failed'));
    expect(line).toMatchObject({
      level: 'error',
      msg: 'failed',
      err: { type: 'Error', message: 'duplicate key', code: '23505', cause: { type: 'TypeError', message: 'inner' } },
    });
    expect(JSON.stringify(line)).not.toContain('ada@example.com');
  });
});
