import type { AccountId, RowId } from '@tenantree/domain';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { SourceRefusal } from '../src/index.ts';
import { define } from '../src/parts/define.ts';
import { SamPermissions } from '../src/permissions/sam-permissions.ts';
import { looksAt, violations } from './accessible.ts';
import { mockTree } from './example-tree.ts';
import { MemoryPermissions } from './memory-permissions.ts';
import { deepAll, focused, type Stage, show as showTable, stage } from './stage.ts';

afterEach(() => {
  document.body.replaceChildren();
  document.adoptedStyleSheets = [];
});

/** The permissions of Acme North, which stands below Acme Group. */
async function show(
  options: Stage = {},
  prepare: (memory: MemoryPermissions, ids: { readonly group: AccountId; readonly north: AccountId }) => void = () =>
    undefined,
) {
  define('sam-permissions', SamPermissions);
  const accounts = mockTree();
  const memory = new MemoryPermissions(accounts);
  const group = accounts.idOf('Acme Group');
  const north = accounts.idOf('Acme North');
  memory.put(group, { 'agents.callFlow': 'read', telephony: 'read' });
  prepare(memory, { group, north });
  const element = new SamPermissions();
  Object.assign(element, { source: memory, account: await accounts.get(north) });
  stage({ width: 960, height: 1600, ...options }).append(element);
  await expect.element(page.getByRole('grid')).toBeVisible();
  return { accounts, memory, element, group, north };
}

const group = (name: string) => page.getByRole('radiogroup', { name, exact: true });
const stop = (name: string, level: string) => group(name).getByRole('radio', { name: level });
const row = (name: string) => page.getByRole('row').filter({ has: group(name) });
const press = (name: string) => userEvent.click(page.getByRole('button', { name, exact: true }));
const dialog = () => page.getByRole('dialog');

describe('the matrix of permissions', () => {
  it('has all 28 permissions in four groups, with the levels that each of them knows', async () => {
    await show();
    expect(page.getByRole('radiogroup').elements()).toHaveLength(28);
    expect(
      page
        .getByRole('rowgroup')
        .elements()
        .map((one) => one.getAttribute('aria-label')),
    ).toEqual(['Overview', 'Agents', 'Deploy', 'Account & Settings']);
    const stops = (name: string) =>
      group(name)
        .getByRole('radio')
        .elements()
        .map((one) => one.textContent?.trim());
    expect([stops('Conversations'), stops('Tasks'), stops('Account'), stops('Billing')]).toEqual([
      ['None', 'Read'],
      ['None', 'Read', 'Full'],
      ['None', 'Limited', 'Full'],
      ['None', 'Full'],
    ]);
  });

  it('shows what is stored beside what is in effect, and who holds it', async () => {
    await show();
    await expect.element(stop('Call Flow', 'Full')).toHaveAttribute('aria-checked', 'true');
    await expect.element(row('Call Flow')).toMatchTextContent(/Full→Read.*Held by Acme Group/);
    await expect.element(row('SIP Trunks')).toMatchTextContent(/Full→Read.*Held by Telephony, which is read/);
  });

  it('refuses what those above do not leave, and says who', async () => {
    const { memory, north } = await show({}, (one, { north }) => one.put(north, { 'agents.callFlow': 'none' }));
    await userEvent.click(stop('Call Flow', 'Full'), { force: true });
    await expect.element(page.getByText('Capped at Read by Acme Group')).toBeVisible();
    await expect.element(stop('Call Flow', 'None')).toHaveAttribute('aria-checked', 'true');
    expect(memory.levels(north)['agents.callFlow']).toBe('none');
  });

  it('a controller at none takes what it controls along, which comes back unchanged', async () => {
    await show();
    await userEvent.click(stop('General Agent Rights', 'None'));
    await expect.element(row('Prompt')).toMatchTextContent(/Full→None.*Held by General Agent Rights, which is none/);
    await expect.element(stop('Prompt', 'Full')).toHaveAttribute('aria-checked', 'true');
    await expect
      .element(page.getByRole('region', { name: 'Changes that are not saved' }))
      .toMatchTextContent(/^1 change lowers 8/);
    await userEvent.click(stop('General Agent Rights', 'Full'));
    await expect.element(row('Prompt')).not.toMatchTextContent(/→/);
    await expect.element(page.getByRole('region', { name: 'Changes that are not saved' })).not.toBeInTheDocument();
  });

  it('tells every reason in the row', async () => {
    const { element } = await show({}, (one, { north }) => one.put(north, { 'agents.callFlow': 'read' }));
    await press('Why Call Flow is Read');
    const held = await vi.waitFor(() => {
      const lines = deepAll(element.renderRoot, '.reason li');
      expect(lines.length).toBe(2);
      return lines.map((line) => [line.className, line.textContent?.replaceAll(/\s+/g, ' ').trim()]);
    });
    expect(held[0]?.[0]).toBe('holds');
    expect(held[1]?.[0]).toBe('holds');
    expect(held[0]?.[1]).toMatch(/^Acme Group ?Set by Olivia Owner on .*version 1 ?Read$/);
    await expect.element(page.getByText('You look from above: Full for you.')).toBeVisible();
    await press('Why Call Flow is Read');
    expect(deepAll(element.renderRoot, '.reason')).toEqual([]);
  });

  it('leads from a reason to the permissions of the account that gives it', async () => {
    const { element, group } = await show();
    const went = vi.fn((event: CustomEvent) => event.detail);
    element.addEventListener('sam-show', went);
    await press('Why Call Flow is Read');
    await press('Permissions of Acme Group');
    expect(went.mock.results[0]?.value).toEqual({ account: group, tab: 'permissions' });
  });

  it('finds permissions, and shows only differences', async () => {
    await show();
    await userEvent.fill(page.getByRole('searchbox', { name: 'Search permission' }), 'phone');
    expect(page.getByRole('radiogroup').elements()).toHaveLength(1);
    await userEvent.clear(page.getByRole('searchbox', { name: 'Search permission' }));
    await userEvent.click(stop('Tasks', 'Read'));
    await userEvent.click(page.getByRole('checkbox'));
    expect(
      page
        .getByRole('radiogroup')
        .elements()
        .map((one) => one.getAttribute('aria-label')),
    ).toContain('Tasks');
    expect(page.getByRole('radiogroup').elements().length).toBeLessThan(6);
  });

  it('is compared with an account beside it that is searched for, and copied from it', async () => {
    const { memory, north, accounts } = await show({}, (one, { north }) => one.put(north, { tasks: 'none' }));
    const beside = accounts.entry(accounts.idOf('Acme Group')).children.map(({ row }) => row.name);
    const other = beside.find((name) => name !== 'Acme North') ?? '';
    await press('Compare with…');
    await expect.element(dialog().getByRole('radio', { name: other })).toBeVisible();
    await expect.element(dialog().getByRole('radio', { name: 'Acme North', exact: true })).not.toBeInTheDocument();
    await userEvent.fill(dialog().getByLabelText('Preset or account'), 'qwrzpf');
    await expect.element(dialog().getByText('There is none.')).toBeVisible();
    await userEvent.fill(dialog().getByLabelText('Preset or account'), other);
    await userEvent.click(dialog().getByRole('radio', { name: other }));
    await press('Compare');
    await expect.element(row('Tasks')).toMatchTextContent(/There: Full/);
    await press(`Copy from ${other}`);
    await expect.element(stop('Tasks', 'Full')).toHaveAttribute('aria-checked', 'true');
    expect(memory.levels(north).tasks).toBe('none');
    await press(`Compared with ${other}. Stop comparing`);
    await expect.element(row('Tasks')).not.toMatchTextContent(/There: Full/);
  });
});

it.each([1100, 860, 720, 700, 622, 480, 360])('breaks no name within a word at %s px', async (width) => {
  const { element } = await show({ width });
  const names = deepAll(element.renderRoot, '.line .name');
  expect(names).toHaveLength(28);
  const text = document.createRange();
  for (const name of names) {
    text.selectNodeContents(name);
    const lines = new Set([...text.getClientRects()].map(({ top }) => Math.round(top))).size;
    const words = name.textContent?.trim().split(/[\s-]+/).length;
    expect(lines, name.textContent ?? '').toBeLessThanOrEqual(words ?? 0);
  }
  expect(element.scrollWidth).toBeLessThanOrEqual(width);
});

describe('changes', () => {
  it('are collected, looked at, saved as one version, and taken back', async () => {
    const { memory, north, element } = await show();
    const changed = vi.fn();
    element.addEventListener('sam-change', changed);
    await userEvent.click(stop('Tasks', 'Read'));
    await userEvent.click(stop('Billing', 'None'));
    expect(memory.saved).toEqual([]);
    // With Usage, which Billing controls.
    await expect.element(page.getByText('lowers 3', { exact: true })).toBeVisible();
    await expect.element(page.getByText('2 changes')).toBeVisible();
    await press('Review');
    await expect.element(dialog()).toMatchTextContent(/Tasks.*Full→Read.*7 people/);
    await expect.element(dialog()).toMatchTextContent(/Usage.*Full→None/);
    await expect
      .element(dialog())
      .toMatchTextContent(/5 accounts checked at version 0 · in 1 somebody has other permissions/);
    await expect.element(dialog()).toMatchTextContent(/3 live streams will be cut/);
    await press('Save 2 changes');
    await expect.element(page.getByText('Permissions of Acme North saved')).toBeVisible();
    expect(memory.levels(north)).toMatchObject({ tasks: 'read', billing: 'none' });
    await userEvent.click(page.getByRole('status').getByRole('button', { name: 'Undo' }));
    await vi.waitFor(() => expect(memory.levels(north)).toMatchObject({ tasks: 'full', billing: 'full' }));
    expect(changed).toHaveBeenCalledTimes(2);
  });

  it('show both sides of a conflict row by row, and save what was chosen of them', async () => {
    const { memory, north } = await show();
    await userEvent.click(stop('Tasks', 'Read'));
    await userEvent.click(stop('Knowledge Bases', 'Read'));
    memory.put(north, { tasks: 'none', campaigns: 'none' });
    await press('Review');
    await press('Save 2 changes');
    await expect.element(dialog()).toMatchTextContent(/Somebody else saved other levels meanwhile/);
    const sides = dialog().getByRole('row', { name: /^Tasks Full Read None/ });
    await expect.element(sides).toBeVisible();
    await userEvent.click(sides.getByRole('radio', { name: 'None' }));
    await press('Save 1 change');
    await vi.waitFor(() =>
      expect(memory.levels(north)).toMatchObject({ tasks: 'none', campaigns: 'none', knowledgeBases: 'read' }),
    );
  });

  it('that were saved last are taken back from the screen, too, by whoever comes, as long as nothing newer was saved', async () => {
    const { element, memory, north } = await show();
    const last = page.getByRole('paragraph').getByRole('button', { name: 'Undo' });
    await memory.set(north, { tasks: 'none' }, { version: 0, preview: null });
    await element.refresh();
    await expect.element(page.getByText(/Set by Olivia Owner on .* version 1/)).toBeVisible();
    await userEvent.click(stop('Campaigns & Contacts', 'Read'));
    await expect.element(last).not.toBeInTheDocument();
    await press('Discard');
    await userEvent.click(last);
    await vi.waitFor(() => expect(memory.levels(north)).toMatchObject({ tasks: 'full' }));
    memory.put(north, { tasks: 'read' });
    await element.refresh();
    await expect.element(last).not.toBeInTheDocument();
  });

  it('say that others saved something else or the very same meanwhile', async () => {
    const { memory, north } = await show();
    await userEvent.click(stop('Tasks', 'Read'));
    await userEvent.click(stop('Knowledge Bases', 'Read'));
    await press('Review');
    memory.put(north, { tasks: 'read', campaigns: 'none' });
    await press('Save 2 changes');
    await expect.element(dialog()).toMatchTextContent(/Saved by somebody else/);
    memory.put(north, { knowledgeBases: 'read' });
    await press('Save 1 change');
    await expect.element(dialog()).toMatchTextContent(/Nothing is left to save/);
    expect(memory.saved).toEqual([]);
    await userEvent.keyboard('{Escape}');
    await expect.element(page.getByText('1 change')).not.toBeInTheDocument();
    await userEvent.click(stop('Tasks', 'None'));
    await press('Review');
    memory.put(north, {});
    await press('Save 1 change');
    await expect.element(dialog()).toMatchTextContent(/Saved by somebody else/);
    await press('Save 1 change');
    await vi.waitFor(() => expect(memory.saved).toEqual([{ tasks: 'none' }]));
  });

  it('show both sides in the review, too, as long as neither was chosen, however often the page is read again', async () => {
    const { element, memory, north, accounts } = await show();
    await userEvent.click(stop('Tasks', 'Read'));
    memory.put(north, { tasks: 'none' });
    await element.refresh();
    const again = new SamPermissions();
    Object.assign(again, { source: memory, account: await accounts.get(north) });
    element.replaceWith(again);
    const sides = page.getByRole('row', { name: /^Tasks Full Read None/ });
    await expect.element(sides).toBeVisible();
    await press('Review');
    await userEvent.click(
      dialog()
        .getByRole('row', { name: /^Tasks Full Read None/ })
        .getByRole('radio', { name: 'Read' }),
    );
    await press('Save 1 change');
    await vi.waitFor(() => expect(memory.levels(north)).toMatchObject({ tasks: 'read' }));
  });

  it('show both sides also while no dialog is open, and when one comes back later', async () => {
    const { element, memory, north, accounts } = await show();
    await userEvent.click(stop('Tasks', 'Read'));
    memory.put(north, { tasks: 'none' });
    await element.refresh();
    const sides = page.getByRole('row', { name: /^Tasks Full Read None/ });
    await expect.element(sides.getByRole('radio', { name: 'Read' })).toBeChecked();
    await userEvent.click(sides.getByRole('radio', { name: 'None' }));
    await expect.element(page.getByText('1 change')).not.toBeInTheDocument();
    await expect.element(sides).not.toBeInTheDocument();
    await userEvent.click(stop('Tasks', 'Read'));
    memory.put(north, { tasks: 'full', billing: 'none' });
    const again = new SamPermissions();
    Object.assign(again, { source: memory, account: await accounts.get(north) });
    element.replaceWith(again);
    await expect.element(page.getByRole('row', { name: /^Tasks None Read Full/ })).toBeVisible();
    await press('Discard');
    await expect.element(page.getByRole('row', { name: /^Tasks None Read Full/ })).not.toBeInTheDocument();
  });

  it('outlive the screen that they were made on, and can be discarded', async () => {
    const { element, memory } = await show();
    await userEvent.click(stop('Tasks', 'Read'));
    const again = new SamPermissions();
    Object.assign(again, { source: memory, account: element.account });
    element.replaceWith(again);
    await expect.element(page.getByText('1 change')).toBeVisible();
    await press('Discard');
    await expect.element(stop('Tasks', 'Full')).toHaveAttribute('aria-checked', 'true');
    expect(focused()?.getAttribute('role')).toBe('radio');
  });

  it('are not offered to whoever only reads, or stands in the account itself', async () => {
    const { element } = await show();
    element.access = 'readOnly';
    await element.updateComplete;
    await userEvent.click(stop('Tasks', 'Read'), { force: true });
    await expect.element(stop('Tasks', 'Full')).toHaveAttribute('aria-checked', 'true');
    await expect.element(page.getByText('Permissions are set in an account above.')).toBeVisible();
  });

  it('set a whole group as far as each permission knows the level and those above leave it', async () => {
    await show();
    await userEvent.selectOptions(page.getByLabelText('Set all of Deploy'), 'Full');
    await expect.element(stop('Telephony', 'Read')).toHaveAttribute('aria-checked', 'true');
    await expect.element(stop('SIP Trunks', 'Full')).toHaveAttribute('aria-checked', 'true');
  });
});

describe('by keys', () => {
  it('rows are walked up and down, levels left and right, w asks why and r takes back', async () => {
    const { element } = await show();
    stop('Tasks', 'Full').element().focus();
    await userEvent.keyboard('{ArrowLeft}');
    await expect.element(stop('Tasks', 'Read')).toHaveAttribute('aria-checked', 'true');
    await userEvent.keyboard('{ArrowUp}');
    expect(focused()?.closest('[data-key]')?.getAttribute('data-key')).toBe('conversations');
    // Among levels one stands on the one that is chosen: a step to the side changes it by one.
    expect(focused()?.getAttribute('aria-checked')).toBe('true');
    await userEvent.keyboard('{End}');
    expect(focused()?.closest('[data-key]')?.getAttribute('data-key')).toBe('billing.usage');
    await userEvent.keyboard('{Home}{ArrowDown}r');
    await expect.element(stop('Tasks', 'Full')).toHaveAttribute('aria-checked', 'true');
    await userEvent.keyboard('w');
    await vi.waitFor(() => expect(deepAll(element.renderRoot, '.reason li').length).toBeGreaterThan(0));
    const inOrder = deepAll(element.renderRoot, '.line [tabindex="0"]');
    expect(inOrder).toHaveLength(2);
    // Esc closes one layer: the reason, and only then what is around.
    const left = vi.fn();
    element.addEventListener('keydown', left);
    await userEvent.keyboard('{Escape}');
    await vi.waitFor(() => expect(deepAll(element.renderRoot, '.reason')).toHaveLength(0));
    expect(left).not.toHaveBeenCalled();
    await userEvent.keyboard('{Escape}');
    expect(left).toHaveBeenCalledTimes(1);
  });

  it('left and right are the other way round from right to left', async () => {
    await show({ dir: 'rtl' });
    stop('Tasks', 'Full').element().focus();
    await userEvent.keyboard('{ArrowRight}');
    await expect.element(stop('Tasks', 'Read')).toHaveAttribute('aria-checked', 'true');
  });
});

describe('presets', () => {
  it('are saved from the levels of an account, made the default, looked at and applied', async () => {
    const {
      memory,
      accounts,
      group: above,
      north,
    } = await show({}, (one, { group, north }) => {
      one.put(north, { tasks: 'none' });
      void one.savePreset(group, { name: 'Client standard', levels: { tasks: 'read', billing: 'none' } });
    });
    const south = accounts.idOf('Acme South');
    await memory.applyPreset(above, { preset: 'p1' as RowId, mode: 'replace', accounts: [south] });
    await press('Presets…');
    await userEvent.click(dialog().getByRole('radio', { name: /Client standard · version 1/ }));
    await expect
      .element(dialog())
      .toMatchTextContent(/1 account in Acme Group took version 1 and changed nothing since/);
    await expect.element(dialog()).toMatchTextContent(/2 levels change/);
    await userEvent.click(dialog().getByRole('radio', { name: /^Lower only/ }));
    await expect.element(dialog()).toMatchTextContent(/1 is kept/);
    await press('Make default: Client standard');
    await expect.element(dialog()).toMatchTextContent(/New subaccounts of Acme Group begin with it/);
    await press('Apply Client standard');
    await vi.waitFor(() => expect(memory.levels(north)).toMatchObject({ tasks: 'none', billing: 'none' }));
    await expect.element(page.getByText('Client standard applied to Acme North')).toBeVisible();
    await expect.element(page.getByRole('button', { name: 'Preset Client standard v1 · 1 changed' })).toBeVisible();
    await userEvent.click(page.getByRole('status').getByRole('button', { name: 'Undo' }));
    await vi.waitFor(() => expect(memory.levels(north)).toMatchObject({ tasks: 'none', billing: 'full' }));
    // Nor does it follow the preset any more.
    await expect.element(page.getByRole('button', { name: 'Presets…' })).toBeVisible();
  });

  it('leave alone what is chosen and not saved, and are taken only where there is something to take', async () => {
    const {
      memory,
      north,
      group: above,
    } = await show({}, (one, { group }) => {
      void one.savePreset(group, { name: 'Client standard', levels: { tasks: 'read' } });
    });
    await userEvent.click(stop('Campaigns & Contacts', 'Read'));
    await press('Presets…');
    await userEvent.click(dialog().getByRole('radio', { name: /Client standard/ }));
    await press('Apply Client standard');
    await vi.waitFor(() => expect(memory.levels(north)).toMatchObject({ tasks: 'read', campaigns: 'full' }));
    await expect.element(stop('Campaigns & Contacts', 'Read')).toHaveAttribute('aria-checked', 'true');
    await expect.element(page.getByText('1 change', { exact: true })).toBeVisible();
    await press('Preset Client standard v1');
    await userEvent.click(dialog().getByRole('radio', { name: /Client standard/ }));
    await expect.element(dialog()).toMatchTextContent(/stays as it is/);
    await expect
      .element(dialog().getByRole('button', { name: 'Apply Client standard' }))
      .toHaveAttribute('aria-disabled', 'true');
    expect((await memory.takers(above, 'p1' as RowId))[0]?.accounts).toBe(1);
    // Whoever would remove it is told who has it, and what becomes of them.
    await press('Remove: Client standard');
    await expect
      .element(dialog())
      .toMatchTextContent(/1 account in Acme Group took version 1 and changed nothing since. Nothing changes for them/);
    await expect.element(page.getByRole('dialog', { name: 'Remove the preset Client standard?' })).toBeVisible();
    expect(focused()?.textContent).toBe('Cancel');
    await userEvent.keyboard('{Enter}');
    await expect.element(dialog().getByRole('radio', { name: /Client standard/ })).toBeChecked();
    await vi.waitFor(() =>
      expect(focused()).toBe(
        dialog()
          .getByRole('radio', { name: /Client standard/ })
          .element(),
      ),
    );
    expect((await memory.presets(above)).map(({ name }) => name)).toEqual(['Client standard']);
  });

  it('are saved under a name, which is asked for', async () => {
    const { memory, group } = await show();
    await press('Presets…');
    await userEvent.click(dialog().getByText('Save these levels as a preset of Acme Group'));
    await press('Save as new preset');
    await expect.element(dialog().getByRole('alert')).toMatchTextContent(/Give a name/);
    await userEvent.fill(dialog().getByLabelText('Name of the preset'), 'Full service');
    await press('Save as new preset');
    await expect.element(dialog().getByRole('radio', { name: /Full service · version 1/ })).toBeChecked();
    expect((await memory.presets(group)).map(({ name }) => name)).toEqual(['Full service']);
  });

  it('are saved once however often that is pressed, by Enter too, which applies none; one that is removed is chosen no more', async () => {
    const {
      memory,
      group: above,
      north,
    } = await show({}, (one, { group }) => {
      void one.savePreset(group, { name: 'Chosen', levels: { tasks: 'none' } });
    });
    await press('Presets…');
    await userEvent.click(dialog().getByRole('radio', { name: /Chosen/ }));
    await expect.element(dialog()).toMatchTextContent(/1 level changes/);
    await userEvent.click(dialog().getByText('Save these levels as a preset of Acme Group'));
    await userEvent.fill(dialog().getByLabelText('Name of the preset'), 'Mine');
    await userEvent.keyboard('{Enter}');
    await expect.element(dialog().getByRole('radio', { name: /Mine · version 1/ })).toBeChecked();
    const again = dialog().getByRole('button', { name: 'Save as version 2 of Mine' }).element();
    if (again instanceof HTMLElement) for (let k = 0; k < 2; k++) again.click();
    await expect.element(dialog().getByRole('radio', { name: /Mine · version 2/ })).toBeChecked();
    await expect.element(dialog().getByRole('alert')).not.toBeInTheDocument();
    expect(memory.levels(north)).toMatchObject({ tasks: 'full' });
    await press('Remove: Mine');
    await expect.element(dialog()).toMatchTextContent(/No account in Acme Group has it/);
    await press('Remove preset');
    await expect.element(dialog().getByRole('button', { name: 'Choose a preset' })).toBeVisible();
    await expect.element(dialog().getByText('How it is taken')).not.toBeInTheDocument();
    expect((await memory.presets(above)).map(({ name }) => name)).toEqual(['Chosen']);
    await expect.element(dialog().getByRole('status')).toMatchTextContent(/Mine was removed/);
    const undo = dialog().getByRole('button', { name: 'Undo' }).element();
    if (undo instanceof HTMLElement) for (let k = 0; k < 2; k++) undo.click();
    await expect.element(dialog().getByRole('radio', { name: /Mine · version 2/ })).toBeChecked();
    await expect.element(dialog().getByText('Mine was removed')).not.toBeInTheDocument();
    expect((await memory.presets(above)).map(({ name }) => name).toSorted()).toEqual(['Chosen', 'Mine']);
    await expect.element(dialog().getByRole('alert')).not.toBeInTheDocument();
  });
});

describe('in the table', () => {
  it('an account says how many of its own permissions are restricted, and the table is kept to such, at any depth and live', async () => {
    const source = mockTree();
    const [group, north, south] = ['Acme Group', 'Acme North', 'Acme South'].map((name) => source.idOf(name));
    if (!group || !north || !south) throw new Error('the example tree has them');
    source.patch(north, { caps: { restricted: 4, unreviewed: 0 } });
    source.patch(group, { caps: { restricted: 2, unreviewed: 1 } });
    const shown = await showTable(source, { width: 1000 });
    const said = () => shown.row('Acme Group').querySelector<HTMLElement>('.status')?.innerText;
    await vi.waitFor(() => expect(said()).toMatch(/^2 restricted\s1 not reviewed$/));
    const views = vi.fn((event: CustomEvent) => event.detail);
    shown.screen.addEventListener('sam-view', views);
    await userEvent.click(page.getByRole('button', { name: 'Filter', exact: true }));
    await userEvent.click(page.getByRole('menuitemcheckbox', { name: 'Restricted' }));
    await vi.waitFor(() => expect(shown.names()).toEqual(['Acme Group', 'Acme North']));
    await expect.element(shown.row('Acme North')).toMatchTextContent(/4 restricted/);
    expect(views.mock.results.at(-1)?.value).toMatchObject({ caps: 'restricted' });
    source.patch(south, { caps: { restricted: 1, unreviewed: 0 } });
    source.patch(north, { caps: { restricted: 0, unreviewed: 0 } });
    source.announce([south, north]);
    await vi.waitFor(() => expect(shown.names()).toEqual(['Acme Group', 'Acme South']), { timeout: 10_000 });
    await userEvent.click(page.getByRole('menuitemcheckbox', { name: 'Not reviewed' }));
    await vi.waitFor(() => expect(shown.names()).toEqual(['Acme Group']));
  });
});

describe('what a release brought', () => {
  it('is said, and decided for one account or for all that wait', async () => {
    const { memory, accounts, group, north } = await show({}, (one, { north }) => one.put(north, { tasks: undefined }));
    const other = accounts.entry(group).children.find(({ row }) => row.id !== north)?.row.id ?? north;
    memory.put(other, { tasks: undefined });
    await expect.element(page.getByText(/1 permission came with a new release/)).toBeVisible();
    await press('Decide');
    await userEvent.selectOptions(dialog().getByLabelText('Tasks'), 'Read');
    await userEvent.click(dialog().getByRole('radio', { name: /^All 2 accounts below Acme Group/ }));
    await press('Decide for 2 accounts');
    await vi.waitFor(() => expect([memory.levels(north).tasks, memory.levels(other).tasks]).toEqual(['read', 'read']));
    await press('Undo');
    await expect.element(page.getByText('To be reviewed again')).toBeVisible();
    await expect.element(page.getByText(/1 permission came with a new release/)).toBeVisible();
    expect(memory.levels(other).tasks).toBeUndefined();
  });
});

it('says why there is nothing, and asks again by hand', async () => {
  const { element, memory } = await show();
  memory.refusal = new SourceRefusal({ code: 'UNAVAILABLE', message: 'The server does not answer.', retryable: true });
  const again = new SamPermissions();
  Object.assign(again, { source: memory, account: element.account });
  element.replaceWith(again);
  await expect.element(page.getByText('The server does not answer.')).toBeVisible();
  memory.refusal = null;
  await press('Retry');
  await expect.element(page.getByRole('grid')).toBeVisible();
});

it.each(looksAt(1100, 720, 480, 360))(
  'axe finds nothing, $theme $dir at $width px, with a reason, changes and their review',
  async (look) => {
    const { element } = await show(look, (one, { north }) => one.put(north, { tasks: undefined }));
    await press('Why Call Flow is Read');
    await userEvent.click(stop('Billing', 'None'));
    await vi.waitFor(() => expect(deepAll(element.renderRoot, '.reason li').length).toBeGreaterThan(0));
    expect(await violations()).toEqual([]);
    expect(element.scrollWidth).toBeLessThanOrEqual(look.width);
    await press('Review');
    expect(await violations()).toEqual([]);
  },
);
