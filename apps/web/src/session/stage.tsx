import { type ReactNode, useEffect } from 'react';
import css from './session.module.css';

/** The quiet page around everything that happens before somebody is inside. */
export function Stage({
  title,
  lead,
  children,
}: {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly children?: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Tenantree`;
  }, [title]);
  return (
    <main className={css.stage}>
      <div className={css.mark}>
        <img src="/icon.svg" alt="" width="24" height="24" />
        Tenantree
      </div>
      <section className={css.card}>
        <div>
          <h1>{title}</h1>
          {lead !== undefined && <p className={css.lead}>{lead}</p>}
        </div>
        {children}
      </section>
    </main>
  );
}
