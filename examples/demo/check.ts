/** What is said beside what we worked out ourselves. */
export class Check {
  readonly wrong: string[] = [];

  same(what: string, said: bigint | string | number, own: bigint | string | number): void {
    if (said !== own) this.wrong.push(`${what}: the server says ${said}, and it is ${own}`);
  }
}
