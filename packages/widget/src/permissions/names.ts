import type { Permission, PermissionCategory, PermissionKey } from '@tenantree/domain';
import type { Texts } from '../strings/texts.ts';

type Named = Pick<Permission, 'label' | 'covers'> & { readonly key: PermissionKey };

/** What a permission is called in the language of the screen. */
export const nameOf = ({ key, label }: Pick<Named, 'key' | 'label'>, { say }: Texts): string =>
  say(`permission_${key}`) || label;

/** What it allows, in a few words. */
export const coversOf = ({ key, covers }: Named, { say }: Texts): string => say(`covers_${key}`) || covers;

/** What a group of permissions is called. */
export const groupOf = (category: PermissionCategory, { say }: Texts): string => say(`group_${category}`) || category;
