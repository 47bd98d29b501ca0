import { useRef } from 'react';
import { Copy } from './copy.tsx';
import { partsCss } from './parts.tsx';

/** A secret that is shown once, with a button that copies it. */
export function Secret({
  label,
  what,
  value,
}: {
  readonly label: string;
  readonly what: string;
  readonly value: string;
}) {
  const code = useRef<HTMLElement>(null);
  return (
    <div className={partsCss.secret} role="status">
      <strong>{label}</strong>
      <code ref={code}>{value}</code>
      <Copy of={code} what={what} />
    </div>
  );
}
