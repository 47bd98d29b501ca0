import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { Copy } from '../parts/copy.tsx';
import css from './keys.module.css';

type Offered = { readonly name: string; readonly version: string; readonly path: string };

/** What each package is for. */
const PURPOSES: Readonly<Record<string, string>> = {
  '@tenantree/client': 'Call this server from your programs, with types.',
  '@tenantree/widget': 'Show subaccounts in your own pages, with types and a wrapper for React.',
};

async function offered(): Promise<readonly Offered[]> {
  const { packages }: { readonly packages: readonly Offered[] } = await (await fetch('/packages')).json();
  return packages;
}

/** The packages that this server offers, each with the line that installs it. */
export function Packages() {
  const { data } = useQuery({ queryKey: ['packages'], queryFn: offered });
  if (data === undefined || data.length === 0) return null;
  return (
    <section className={`card ${css.packages}`} aria-labelledby="packages">
      <h2 id="packages">Packages</h2>
      {data.map((one) => (
        <Install key={one.name} {...one} />
      ))}
    </section>
  );
}

function Install({ name, version, path }: Offered) {
  const line = useRef<HTMLElement>(null);
  return (
    <div className={css.package}>
      <p>
        <strong>{name}</strong> <span className="hint">{version}</span>
        <br />
        <span className="hint">{PURPOSES[name]}</span>
      </p>
      <code ref={line}>{`npm install ${window.location.origin}${path}`}</code>
      <Copy of={line} what={`the line that installs ${name}`} />
    </div>
  );
}
