import { refusalOf } from '@tenantree/client';
import { dialogs } from '../parts/ask.ts';
import { SamProof } from './sam-proof.ts';

/**
 * Does what the server may want the password for once more: then it is asked for in a dialog, and the same is done again. Who closes the
 * dialog gets the refusal that opened it.
 */
export async function prove<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (refusalOf(error).code !== 'REAUTHENTICATION_REQUIRED') throw error;
    const dialog = new SamProof();
    await dialogs.open(dialog);
    if (!dialog.isProved) throw error;
    return act();
  }
}
