/**
 * Runs the extension's tests: `node test/run.ts [current|oldest]`, from `make test-vscode`.
 *
 * CUCURBIT_PYTHON names an interpreter with the server. Without a Chromium the window's tests are left out, and that is
 * said; where CI is set nothing is left out.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const CLIENT = path.resolve(import.meta.dirname, '..');
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
const editor = process.argv[2] ?? 'current';
const python = process.env.CUCURBIT_PYTHON ?? '';

function run(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): void {
    const result = spawnSync(program, [...args], { cwd: CLIENT, stdio: 'inherit', env: { ...process.env, ...env } });
    if (result.status !== 0) {
        console.error(`failed: ${program} ${args.join(' ')}`);
        process.exit(result.status ?? 1);
    }
}

function node(script: string, ...args: readonly string[]): void {
    run(process.execPath, [script, ...args]);
}

function browser(): string | undefined {
    const folders = (process.env.PATH ?? '').split(path.delimiter);
    const found = BROWSERS.flatMap(name => folders.map(folder => path.join(folder, name)));
    return [process.env.CHROMIUM ?? '', ...found, MAC].find(each => each !== '' && fs.existsSync(each));
}

/** The package under test brings the server for the Python that runs the tests. */
function packaged(): string {
    const said = spawnSync(python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], { encoding: 'utf8' });
    run(python, ['scripts/bundle.py', said.stdout.trim()]);
    const vsix = path.join(CLIENT, 'dist/cucurbit.vsix');
    node('scripts/package.ts', vsix);
    run(python, ['scripts/bundle.py', vsix]);
    return vsix;
}

if (editor === 'current') {
    node('node_modules/typescript/bin/tsc', '--project', '.');
    node('node_modules/@biomejs/biome/bin/biome', 'ci', '--error-on-warnings', '.');
    run(process.execPath, ['--test', 'test/unit/*.test.ts']);
}
const chromium = browser();
if (chromium === undefined) {
    console.error('Left out: the tests in the window of VS Code, as there is no Chromium or Chrome.');
    console.error('To have it: sudo apt-get install chromium, or install Chrome.');
    process.exit(process.env.CI ? 1 : 0);
}
fs.rmSync(path.join(CLIENT, 'test-results'), { recursive: true, force: true });
run(process.execPath, ['--test', '--test-concurrency=1', 'test/window/*.test.ts'], {
    CHROMIUM: chromium,
    CODE_SERVER: path.join(CLIENT, 'test/editors', editor),
    VSIX: packaged(),
});
