const TEXT = 1;

/** Counts the text frames in a stream of unmasked WebSocket bytes; while it is being set up it also reads them. */
export class FrameCounter {
  private skip = 0;
  private opcode = 0;
  /** Bytes of a frame header that the end of a chunk cut off. */
  private partial: number[] = [];
  private payload: Buffer[] | undefined = [];
  private readonly onText: (text: string) => void;

  /** @param onText gets every text until `stopReading` is called */
  constructor(onText: (text: string) => void) {
    this.onText = onText;
  }

  stopReading(): void {
    this.payload = undefined;
  }

  /** Takes the bytes from `from` up to `until` and returns how many text frames ended in them. */
  consume(bytes: Buffer, from: number, until: number): number {
    let at = from;
    let count = 0;
    while (at < until) {
      if (this.skip === 0) {
        const header = this.readHeader(bytes, at, until);
        if (header === 0) return count; // cut off
        at += header;
      }
      const taken = Math.min(this.skip, until - at);
      if (this.payload !== undefined && taken > 0) this.payload.push(Buffer.from(bytes.subarray(at, at + taken)));
      this.skip -= taken;
      at += taken;
      if (this.skip === 0) count += this.endFrame();
    }
    return count;
  }

  private endFrame(): number {
    if (this.opcode !== TEXT) return 0;
    if (this.payload !== undefined) {
      const text = Buffer.concat(this.payload).toString();
      this.payload = [];
      this.onText(text);
    }
    return 1;
  }

  /** Reads a frame header at `at` and returns how many of its bytes stand in this chunk, or 0 when it goes on in the next. */
  private readHeader(bytes: Buffer, at: number, until: number): number {
    const before = this.partial.length;
    const byte = (i: number): number => (i < before ? this.partial[i] : bytes[at + i - before]) ?? 0;
    const available = before + until - at;
    const short = available < 2 ? 0 : byte(1) & 127;
    const size = available < 2 ? 2 : short === 126 ? 4 : short === 127 ? 10 : 2;
    if (available < size) {
      for (let i = at; i < until; i++) this.partial.push(bytes[i] ?? 0);
      return 0;
    }
    this.opcode = byte(0) & 15;
    this.skip = short;
    if (size > 2) {
      this.skip = 0;
      for (let i = 2; i < size; i++) this.skip = this.skip * 256 + byte(i);
    }
    this.partial = [];
    return size - before;
  }
}
