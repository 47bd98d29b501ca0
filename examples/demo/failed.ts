/** Something that neither waiting nor trying again helps against, in a sentence for whoever runs the demo. */
export class Failed extends Error {}
