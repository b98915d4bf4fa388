import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Crashes, Queue } from '../../src/queue.ts';

test('jobs run one at a time, and those who wait share one', async () => {
    let running = 0;
    let count = 0;
    const gates: (() => void)[] = [];
    const queue = new Queue(async () => {
        count++;
        assert.equal(++running, 1);
        await new Promise<void>(resolve => gates.push(resolve));
        running--;
    });
    const first = queue.run();
    const second = queue.run();
    const third = queue.run();
    gates.shift()?.();
    await first;
    while (gates.length === 0) {
        await new Promise(resolve => setImmediate(resolve));
    }
    gates.shift()?.();
    await Promise.all([second, third]);
    assert.equal(count, 2);
});

test('a job that fails does not stop the next', async () => {
    let count = 0;
    const queue = new Queue(async () => {
        if (++count === 1) {
            throw new Error('no');
        }
    });
    const first = queue.run();
    const second = queue.run();
    await assert.rejects(first);
    await second;
    assert.equal(count, 2);
});

test('a server that crashes now and then is started again, one that cannot live is not', () => {
    const crashes = new Crashes(3, 1000);
    assert.deepEqual(
        [0, 10, 20, 30].map(now => crashes.another(now)),
        [true, true, true, false],
    );
    crashes.forget();
    assert.deepEqual(
        [0, 600, 1200, 1800, 2400].map(now => crashes.another(now)),
        [true, true, true, true, true],
    );
});
