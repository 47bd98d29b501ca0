import { billingPeriodOf, instantOf } from '@tenantree/domain';
import { monthWords } from '@tenantree/widget/money';
import { Button } from '../parts/parts.tsx';
import { texts } from '../texts.ts';

const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;

/** A period so many months after another. */
export function monthAfter(key: string, months: number): string {
  const [year = 0, month = 1] = key.split('-').map(Number);
  return billingPeriodOf(instantOf(Date.UTC(year, month - 1 + months, 1))).key;
}

/** The period that an address asks for; what is none, or is to come, is the running one. */
export function periodOf(search: string, running: string): string {
  const asked = new URLSearchParams(search).get('period') ?? '';
  return MONTH.test(asked) && asked <= running ? asked : running;
}

/** Which month is shown, with the way to those before and after. */
export const TurnPeriod = ({
  period,
  running,
  onTurn,
}: {
  readonly period: string;
  readonly running: string;
  readonly onTurn: (period: string) => void;
}) => (
  <>
    <Button aria-label="Month before" onClick={() => onTurn(monthAfter(period, -1))}>
      ‹
    </Button>
    <strong>{monthWords(period, texts.locale)}</strong>
    <Button aria-label="Month after" disabled={period >= running} onClick={() => onTurn(monthAfter(period, 1))}>
      ›
    </Button>
  </>
);
