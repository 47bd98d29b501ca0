import { createComponent } from '@lit/react';
import React, { useEffect, useRef } from 'react';
import { createRoot } from 'react-dom/client';
import { SamTree } from '../../../../packages/widget/src/tree/sam-tree.ts';
import { run } from './harness.ts';
import { prepareElements } from './our-element.ts';
import { type OurStore, ourStore } from './our-store.ts';

const TreeTable = createComponent({ react: React, tagName: 'sam-tree', elementClass: SamTree });

let element: SamTree;
let ours: OurStore;

function App({ store, onMounted }: { store: OurStore['store']; onMounted: () => void }) {
  const frame = useRef<SamTree>(null);
  useEffect(() => {
    if (frame.current === null) return;
    element = frame.current;
    void element.updateComplete.then(onMounted);
  }, [onMounted]);
  return <TreeTable ref={frame} store={store} />;
}

run({
  async mount(root, tree) {
    prepareElements();
    ours = ourStore(tree);
    ours.openAll();
    await new Promise<void>((resolve) => createRoot(root).render(<App store={ours.store} onMounted={resolve} />));
  },
  scroller: () => element.renderRoot.querySelector<HTMLElement>('.scroller') ?? element,
  update: (rows) => ours.tick(rows),
  toggle: (row) => ours.toggle(row),
});
