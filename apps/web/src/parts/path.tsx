import { Fragment } from 'react';

/** Names from the top down, each in a direction of its own. */
export const Path = ({ links }: { readonly links: readonly { readonly id: string; readonly name: string }[] }) =>
  links.map(({ id, name }, index) => (
    <Fragment key={id}>
      {index > 0 && ' › '}
      <bdi>{name}</bdi>
    </Fragment>
  ));
