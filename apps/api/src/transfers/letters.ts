import type { AccountId, Transfer } from '@tenantree/domain';
import type { Hall } from '../hall/hall.ts';
import type { Told } from '../hall/transfer/order-job.ts';
import type { Letter } from '../mail/letter.ts';

const dayOf = (instant: string): string => `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`;

/** The mail with the link to whoever is to complete a transfer. The accounts above are not named. */
export const invitationLetter = (name: string, transfer: Transfer, url: string): Letter => ({
  to: transfer.recipient,
  subject: `Take over the billing of “${name}”`,
  says: [
    `You are asked to take over the billing of “${name}”. When you have confirmed that you own it, given billing details and a payment method and chosen a plan, the account becomes independent, with everything in it.`,
    ...(transfer.message === null ? [] : [transfer.message]),
    { label: 'Begin', url },
    `There is time until ${dayOf(transfer.expiresAt)}. Until then nothing changes, and the link can be opened more than once.`,
  ],
});

type Settings = Pick<Hall['settings'], 'publicUrl' | 'transferExpiry'>;

const SAID: Readonly<Record<Told['what'], (told: Told, of: Settings) => string>> = {
  started: ({ name, recipient, until }) =>
    `The billing transfer of “${name}” has started. ${recipient} is invited to complete it until ${dayOf(until)}.`,
  completed: ({ name }) => `The billing transfer of “${name}” is complete: it is an independent account now.`,
  cancelled: ({ name }) => `The billing transfer of “${name}” was cancelled. Everything is as before.`,
  declined: ({ name, reason }) =>
    `The billing transfer of “${name}” was declined${reason === null ? '.' : `: ${reason}`} Everything is as before.`,
  expired: ({ name }, { transferExpiry }) =>
    `The time of the billing transfer of “${name}” is over. The account is paid for by its parent account as before${transferExpiry === 'suspend' ? ', and is suspended: it can be read, and changed when that is lifted' : ''}; the transfer can be started again.`,
  extended: ({ name, until }) => `The billing transfer of “${name}” now ends at ${dayOf(until)}.`,
  reminder: ({ name, days, until }) =>
    `The billing transfer of “${name}” ends in ${days === 1 ? 'one day' : `${days} days`}, at ${dayOf(until)}, unless it is completed before.`,
  mailBounced: ({ name, recipient }) =>
    `The invitation to the billing transfer of “${name}” could not be delivered to ${recipient}. Send it to another address; its time goes on.`,
  ownerCleared: ({ name }) => `The owner of “${name}” has to be confirmed again in its billing transfer.`,
  detailsCleared: ({ name }) => `The billing details of “${name}” have to be given again in its billing transfer.`,
  paymentCleared: ({ name }) => `The payment method of “${name}” has to be set again in its billing transfer.`,
  planCleared: ({ name }) => `The plan of “${name}” has to be chosen again in its billing transfer.`,
};

/** What the child’s side has something to do about. */
const GOES_ON: readonly Told['what'][] = [
  'extended',
  'reminder',
  'ownerCleared',
  'detailsCleared',
  'paymentCleared',
  'planCleared',
];

/** The mail that tells one side what became of a transfer. @param at the account; where it has left, of the side of the parent the one above it then */
export function newsLetter(told: Told, settings: Settings, at: AccountId): Pick<Letter, 'subject' | 'says'> {
  const said = SAID[told.what](told, settings);
  const url = `${settings.publicUrl}/a/${at}/billing`;
  return { subject: `Billing transfer of “${told.name}”`, says: [said, ...moreFor(told, url)] };
}

function moreFor({ side, what }: Told, url: string): Letter['says'] {
  if (side === 'parent' || what === 'completed') return [{ label: 'See it', url }];
  if (!GOES_ON.includes(what)) return [];
  return [
    { label: 'Go on', url },
    'Who has not confirmed yet to own the account goes on by the link of the invitation.',
  ];
}
