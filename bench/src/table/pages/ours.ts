import { SamTree } from '../../../../packages/widget/src/tree/sam-tree.ts';
import { run } from './harness.ts';
import { prepareElements } from './our-element.ts';
import { type OurStore, ourStore } from './our-store.ts';

let element: SamTree;
let ours: OurStore;

run({
  async mount(root, tree) {
    prepareElements();
    ours = ourStore(tree);
    ours.openAll();
    element = new SamTree();
    element.store = ours.store;
    root.append(element);
    await element.updateComplete;
  },
  scroller: () => element.renderRoot.querySelector<HTMLElement>('.scroller') ?? element,
  update: (rows) => ours.tick(rows),
  toggle: (row) => ours.toggle(row),
});
