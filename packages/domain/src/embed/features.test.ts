import { describe, expect, it } from 'vitest';
import { grantEmbed, offeredFeatures } from './features.ts';

describe('What an embedded screen is opened for (rules/keys 8)', () => {
  it('is usage beside reading accounts, and with full access alone creating and renaming, too', () => {
    expect(grantEmbed({}).features).toEqual(['usage']);
    expect(grantEmbed({ access: 'read' })).toEqual({ access: 'read', features: ['usage'] });
    expect(grantEmbed({ access: 'full' })).toEqual({ access: 'full', features: ['usage', 'create', 'rename'] });
  });

  it('is what is named and nothing else, each once', () => {
    expect(grantEmbed({ features: ['close', 'close'] })).toEqual({ access: 'full', features: ['close'] });
    expect(grantEmbed({ access: 'full', features: ['switch'] }).features).toEqual(['switch']);
  });

  it('is offered for reading only without what does nothing but change things', () => {
    expect(offeredFeatures({ access: 'read', features: ['usage', 'create', 'members', 'close'] })).toEqual([
      'usage',
      'members',
    ]);
    expect(offeredFeatures({ access: 'full', features: ['create'] })).toEqual(['create']);
  });
});
