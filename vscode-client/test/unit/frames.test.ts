import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Frames } from '../../src/frames.ts';

const message = (body: string) => `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** What passes, and what is told as noise, when bytes come in pieces of a size. */
async function through(input: string, size: number): Promise<{ readonly passed: string; readonly noise: string }> {
    const noise: string[] = [];
    const frames = new Frames(text => noise.push(text));
    const passed: Buffer[] = [];
    frames.on('data', (chunk: Buffer) => passed.push(chunk));
    const bytes = Buffer.from(input);
    for (let start = 0; start < bytes.length; start += size) {
        frames.write(bytes.subarray(start, start + size));
    }
    await new Promise<void>(resolve => frames.end(resolve));
    return { passed: Buffer.concat(passed).toString(), noise: noise.join('\n') };
}

for (const size of [1, 3, 7, 4096]) {
    test(`messages pass whole, in pieces of ${size}`, async () => {
        const input = message('{"a":"é\r\n\r\nContent-Length: 3"}') + message('') + message('{"b":2}');
        assert.deepEqual(await through(input, size), { passed: input, noise: '' });
    });

    test(`noise between messages is told and dropped, in pieces of ${size}`, async () => {
        const one = message('{"a":1}');
        const two = message('{"b":2}');
        const { passed, noise } = await through(`Welcome!\nto the shell\n${one}oops\n${two}bye\n`, size);
        assert.equal(passed, one + two);
        for (const word of ['Welcome!', 'to the shell', 'oops', 'bye']) {
            assert.ok(noise.includes(word), word);
        }
    });

    test(`noise without an end of line before a message, in pieces of ${size}`, async () => {
        const one = message('{"a":1}');
        assert.deepEqual(await through(`hello${one}`, size), { passed: one, noise: 'hello' });
    });

    test(`a header that is none is noise, in pieces of ${size}`, async () => {
        const one = message('{"a":1}');
        const { passed } = await through(`Content-Length: many\r\n\r\n${one}`, size);
        assert.equal(passed, one);
    });
}

test('a flood without any message ends, and is not kept', async () => {
    const frames = new Frames(() => {});
    for (let count = 0; count < 64; count++) {
        frames.write(Buffer.alloc(1 << 16, 'x'));
    }
    await new Promise<void>(resolve => frames.end(resolve));
    assert.equal(frames.read(), null);
});
