/** What something needs, in order. Asked once of each. */
export type Graph<Id> = (id: Id) => readonly Id[];

/**
 * All that can be reached from some things, what is needed before what needs it; things that need each other stand together (strongly connected
 * components, after Tarjan). However deep it goes: nothing is called inside itself.
 */
export function inOrder<Id>(first: readonly Id[], graph: Graph<Id>): Id[][] {
  const order = new Map<Id, number>();
  const lowest = new Map<Id, number>();
  const open: Id[] = [];
  const isOpen = new Set<Id>();
  const components: Id[][] = [];
  type Frame = { readonly id: Id; readonly edges: readonly Id[]; next: number };
  const frames: Frame[] = [];
  const enter = (id: Id): void => {
    order.set(id, order.size);
    lowest.set(id, order.size - 1);
    open.push(id);
    isOpen.add(id);
    frames.push({ id, edges: graph(id), next: 0 });
  };
  const lower = (id: Id, to: number): void => {
    lowest.set(id, Math.min(lowest.get(id) ?? to, to));
  };
  const leave = ({ id }: Frame): void => {
    frames.pop();
    const above = frames.at(-1);
    if (above) lower(above.id, lowest.get(id) ?? 0);
    if (lowest.get(id) !== order.get(id)) return;
    const component = open.splice(open.lastIndexOf(id));
    for (const one of component) isOpen.delete(one);
    components.push(component);
  };
  for (const start of first) {
    if (order.has(start)) continue;
    enter(start);
    for (let frame = frames.at(-1); frame; frame = frames.at(-1)) {
      const edge = frame.edges[frame.next];
      frame.next += 1;
      if (edge === undefined) leave(frame);
      else if (!order.has(edge)) enter(edge);
      else if (isOpen.has(edge)) lower(frame.id, order.get(edge) ?? 0);
    }
  }
  return components;
}
