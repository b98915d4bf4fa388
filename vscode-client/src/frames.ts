import { Transform, type TransformCallback } from 'node:stream';

const MARK = Buffer.from('Content-Length:');
const END = Buffer.from('\r\n\r\n');
/** Bytes of noise to look at before they are given up; a header is shorter. */
const MOST_NOISE = 1 << 16;

/**
 * Lets the messages of the base protocol pass and hands whatever else stands between them to `noise`: what a
 * `sitecustomize` or a wrapper script prints to the standard output would end the conversation.
 */
export class Frames extends Transform {
    private pending: Buffer = Buffer.alloc(0);
    /** Bytes of the message under way that are still to come. */
    private left = 0;
    private readonly noise: (text: string) => void;

    constructor(noise: (text: string) => void) {
        super();
        this.noise = noise;
    }

    override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
        this.pending = this.pending.length > 0 ? Buffer.concat([this.pending, chunk]) : chunk;
        while (this.pending.length > 0 && this.step()) {}
        done();
    }

    override _flush(done: TransformCallback): void {
        if (this.left === 0) {
            this.tell(this.pending);
        }
        done();
    }

    /** Takes the next piece off what is pending; false where more has to come first. */
    private step(): boolean {
        if (this.left > 0) {
            const body = this.pending.subarray(0, this.left);
            this.left -= body.length;
            this.pending = this.pending.subarray(body.length);
            this.push(body);
            return true;
        }
        const start = this.pending.indexOf(MARK);
        if (start < 0) {
            this.dropLines();
            return false;
        }
        const end = this.pending.indexOf(END, start);
        const length =
            end < 0 ? undefined : /^Content-Length:[ \t]*(\d+)[ \t]*(?:\r\n|$)/.exec(this.head(start, end))?.[1];
        if (end < 0 && this.pending.length - start < MOST_NOISE) {
            return false;
        }
        if (length === undefined) {
            this.tell(this.pending.subarray(0, start + MARK.length));
            this.pending = this.pending.subarray(start + MARK.length);
            return true;
        }
        this.tell(this.pending.subarray(0, start));
        this.push(this.pending.subarray(start, end + END.length));
        this.pending = this.pending.subarray(end + END.length);
        this.left = Number(length);
        return true;
    }

    private head(start: number, end: number): string {
        return this.pending.toString('latin1', start, end);
    }

    /** Tells the complete lines that cannot be the beginning of a header. */
    private dropLines(): void {
        const end = this.pending.lastIndexOf(0x0a) + 1;
        const cut = end > 0 ? end : this.pending.length > MOST_NOISE ? this.pending.length : 0;
        this.tell(this.pending.subarray(0, cut));
        this.pending = this.pending.subarray(cut);
    }

    private tell(bytes: Buffer): void {
        const text = bytes.toString('utf8').trim();
        if (text) {
            this.noise(text);
        }
    }
}
