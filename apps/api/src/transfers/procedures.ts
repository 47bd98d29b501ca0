import { type Contract, type ParsedOf, shownEmail, type TransferView } from '@tenantree/contract';
import { findTransfer, type SettledProduct, type TenantTransaction } from '@tenantree/db';
import type { TransferEvent } from '@tenantree/domain';
import type { ProductKindKey } from '@tenantree/domain/products';
import type { Context } from '../context/context.ts';
import type { Access } from '../guard/admit.ts';
import type { Handlers } from '../guard/procedure.ts';
import type { Acceptor } from '../hall/accept.ts';
import type { Change } from '../hall/change.ts';
import { type Caller, nowOf } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';
import { act, type WithEvent } from '../hall/transfer/act.ts';
import { unlessAway } from '../payments/payments.ts';
import { checkOwner, choosePlan, chooserOf, setDetails } from './checklist.ts';
import { complete } from './complete-transfer.ts';
import { acceptTransferInvitation, declineTransferInvitation, readTransferInvitation } from './invitation.ts';
import { handedProducts, previewTransfer } from './preview-transfer.ts';
import { lastMonth, pricePlans } from './price-plans.ts';
import { readDeparture } from './read-departure.ts';
import { listTransfers, ownsIt, type Reader, readView, viewIn } from './read-transfer.ts';
import { checkPayment, setPayment } from './set-payment.ts';
import { watchTransfer } from './watch-transfer.ts';

type Acting = Reader & { readonly caller: Caller };

/** Changes the transfer of the account, for the whole of its tree: both sides are told. */
const changing = (ctx: Acting, work: (scope: Change) => Promise<unknown>): Promise<TransferView> => {
  const { root } = ctx.access;
  return ctx.hall.change(ctx.caller, { root, acting: root }, async (scope) => {
    await work(scope);
    return viewIn(scope.trx, ctx);
  });
};

const happens = (ctx: Acting, event: TransferEvent, more?: WithEvent): Promise<TransferView> =>
  changing(ctx, (scope) => act(ctx.hall, scope, ctx.caller, ctx.access.id, event, more));

/** What is not simply handed over of what came from above. @throws Refused NOT_FOUND of what didn't */
async function settledOf(
  trx: TenantTransaction,
  access: Access,
  wished: ParsedOf<Contract['transfers']['start']>['products'],
): Promise<SettledProduct[]> {
  if (wished.length === 0) return [];
  const offered = new Map((await handedProducts(trx, access)).map((one) => [one.product, one]));
  return wished.flatMap(({ product, as }) => {
    const found = offered.get(product) ?? refuseWith('NOT_FOUND', 'It has no copy of such a product.', 'products');
    return as === 'hand_over' ? [] : [{ product, kind: found.kind as ProductKindKey, name: found.name, as }];
  });
}

/** Who opens a link: the person who is signed in, if one is. */
async function acceptorOf(ctx: Context): Promise<Acceptor> {
  const actor = await ctx.authenticate();
  const signedIn = actor !== null && actor !== 'invalid' && actor.kind === 'person' ? actor : null;
  return { requestId: ctx.requestId, guess: ctx.guess, signedIn };
}

export const transfers: Handlers<'transfers'> = {
  preview: ({ ctx }) => previewTransfer(ctx.hall, ctx.access),

  start: ({ ctx, input: { name: typedName, recipient, graceDays, agency, completion, message = null, products } }) => {
    const id = ctx.hall.newId();
    const terms = { recipient: shownEmail(recipient), graceDays, agency, completion, message };
    return changing(ctx, async (scope) => {
      const settled = await settledOf(scope.trx, ctx.access, products);
      const event = { event: 'start', id, key: id, terms, typedName } as const;
      await act(ctx.hall, scope, ctx.caller, ctx.access.id, event, { products: settled });
    });
  },

  get: ({ ctx }) => readView(ctx),

  list: ({ ctx, input }) => listTransfers(ctx.hall, ctx.access, input.cursor),

  departure: ({ ctx, input }) => readDeparture(ctx.hall, ctx.access, input.departure),

  plans: ({ ctx: { hall, access } }) =>
    hall.db.withTenant(
      access.id,
      async (trx) => {
        const month = lastMonth(nowOf(hall));
        const chooser = await chooserOf({ trx }, hall, access);
        return { month: month.key, plans: await pricePlans(trx, access.id, chooser, month) };
      },
      { snapshot: true },
    ),

  confirmOwner: ({ ctx }) => happens(ctx, { event: 'confirmOwner', userId: ctx.caller.user, email: ctx.actor.email }),

  invitation: async ({ ctx, input }) => {
    const { guess, signedIn } = await acceptorOf(ctx);
    return readTransferInvitation(ctx.hall, guess, signedIn, input.token);
  },

  acceptInvitation: async ({ ctx, input }) =>
    acceptTransferInvitation(ctx.hall, ctx.people, await acceptorOf(ctx), input),

  declineInvitation: async ({ ctx, input: { token, reason = null } }) => {
    await declineTransferInvitation(ctx.hall, await acceptorOf(ctx), token, reason);
    return {};
  },

  setDetails: ({ ctx, input: { country, name, address, taxId } }) => {
    checkOwner(ctx.actor, ctx.access);
    return changing(ctx, (scope) =>
      setDetails(ctx.hall, scope, ctx.caller, ctx.access, { country, name, address, taxId }),
    );
  },

  setPayment: async ({ ctx, input }) => {
    checkOwner(ctx.actor, ctx.access);
    const form = await setPayment(ctx.hall, ctx.caller, ctx.access, input.provider);
    return { state: await readView(ctx), form };
  },

  checkPayment: async ({ ctx }) => {
    checkOwner(ctx.actor, ctx.access);
    await unlessAway(checkPayment(ctx.hall, ctx.caller, ctx.access));
    return readView(ctx);
  },

  choosePlan: ({ ctx, input }) => {
    checkOwner(ctx.actor, ctx.access);
    return changing(ctx, (scope) => choosePlan(ctx.hall, scope, ctx.caller, ctx.access, input));
  },

  complete: ({ ctx: { hall, caller, access } }) =>
    hall.change(caller, { root: access.root, acting: access.root, counting: 'stops' }, (scope) =>
      complete(hall, scope, caller, access.id),
    ),

  cancel: ({ ctx, input: { reason = null } }) => happens(ctx, { event: 'cancel' }, { reason }),

  decline: ({ ctx, input: { reason = null } }) =>
    changing(ctx, async (scope) => {
      const recipient = (await findTransfer(scope.trx, ctx.access.id))?.transfer.recipient.toLowerCase();
      if (!ownsIt(ctx.actor, ctx.access) && ctx.actor.email.toLowerCase() !== recipient)
        refuseWith('FORBIDDEN', 'Only an owner of the account, or whoever is to complete the transfer, declines it.');
      await act(ctx.hall, scope, ctx.caller, ctx.access.id, { event: 'decline', reason }, { reason });
    }),

  extend: ({ ctx, input }) => happens(ctx, { event: 'extend', days: input.days }),

  resend: ({ ctx, input }) =>
    changing(ctx, async (scope) => {
      const present = (await findTransfer(scope.trx, ctx.access.id))?.transfer.recipient ?? '';
      const recipient = input.recipient === undefined ? present : shownEmail(input.recipient);
      await act(ctx.hall, scope, ctx.caller, ctx.access.id, { event: 'resend', recipient });
    }),

  live: ({ ctx, signal }) => watchTransfer(ctx, signal),
};
