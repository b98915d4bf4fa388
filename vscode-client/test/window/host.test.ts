/** Runs the tests in test/host/ inside the extension host, on a folder with a name that is hard to spell. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import util from 'node:util';
import { build } from 'esbuild';
import { Code, copyOf } from './code.ts';

const CLIENT = path.resolve(import.meta.dirname, '../..');
const code = new Code({}, { extensions: 'python' });

before(async () => {
    await build({
        entryPoints: [path.join(CLIENT, 'test/host/index.ts')],
        outfile: path.join(CLIENT, 'dist/test-host.cjs'),
        bundle: true,
        platform: 'node',
        format: 'cjs',
        external: ['vscode'],
        logLevel: 'warning',
    });
    await code.start();
});

after(() => code.stop());

test('the extension host', { timeout: 1_800_000 }, async () => {
    const page = await code.page();
    let end: (code: number) => void = () => {};
    const ended = new Promise<number>(resolve => {
        end = resolve;
    });
    const lines: string[] = [];
    await page.exposeFunction('codeAutomationLog', (_: string, given: unknown[]) => {
        const line = util.format(...given);
        // What else is logged there is VS Code's own.
        if (/^ {2}(✔|✖|\d)/.test(line)) {
            lines.push(line);
            console.log(line);
        }
    });
    await page.exposeFunction('codeAutomationExit', (result: number) => end(result));
    const payload = [
        ['extensionDevelopmentPath', code.remote(CLIENT)],
        ['extensionTestsPath', code.remote(path.join(CLIENT, 'dist/test-host.cjs'))],
        ['skipWelcome', 'true'],
    ];
    const folder = copyOf('1-incident', "charge party ü 😀 100% %41 'x'");
    await page.goto(code.address({ folder, payload: JSON.stringify(payload) }));
    assert.equal(await ended, 0);
});
