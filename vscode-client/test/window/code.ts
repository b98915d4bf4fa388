/** VS Code's window, driven as a user does: code-server, with Chromium as its window. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { eventually, PATIENCE } from './patience.ts';
import { Window } from './window.ts';

const CLIENT = path.resolve(import.meta.dirname, '../..');
const SERVE = path.join(import.meta.dirname, 'serve.mjs');
export const EXAMPLES = path.resolve(CLIENT, '../docs/examples/charge-party');

/** What the tests need, by the names of variables in the environment. */
function needed(name: string): string {
    const value = process.env[name];
    assert.ok(value, `${name} is not set: run these tests by \`make test-vscode\``);
    return value;
}

const USER = {
    'telemetry.telemetryLevel': 'off',
    'workbench.startupEditor': 'none',
    'workbench.secondarySideBar.defaultVisibility': 'hidden',
    'workbench.tips.enabled': false,
    'git.enabled': false,
    // As on a desktop: here it would save after a second, and not as a user does.
    'files.autoSave': 'off',
    'chat.disableAIFeatures': true,
    'extensions.autoUpdate': false,
    'extensions.autoCheckUpdates': false,
    'extensions.ignoreRecommendations': true,
    'update.mode': 'none',
    'security.workspace.trust.startupPrompt': 'never',
    'security.workspace.trust.banner': 'never',
    'explorer.confirmDelete': false,
    'window.newWindowDimensions': 'default',
};

export interface Settings {
    readonly [name: string]: unknown;
}

export interface Options {
    /** Whether it asks if a workspace is to be trusted. */
    readonly trust?: boolean;
    /** What stands in its environment besides. */
    readonly env?: Readonly<Record<string, string>>;
    /** Which of the folders of installed extensions it takes. */
    readonly extensions?: 'plain' | 'python';
}

/** One code-server with folders of its own. */
export class Code {
    readonly home = fs.mkdtempSync(path.join(os.tmpdir(), 'cucurbit-code-'));
    private readonly env: NodeJS.ProcessEnv;
    private process: ChildProcess | undefined;
    private browser: Browser | undefined;
    private context: BrowserContext | undefined;
    private base = '';
    private readonly trust: boolean;

    constructor(settings: Settings = {}, options: Options = {}) {
        const python = needed('CUCURBIT_PYTHON');
        this.write('user/User/settings.json', USER);
        this.settings({ 'cucurbit.interpreter': python, ...settings });
        this.link(path.join(needed('EXTENSIONS'), options.extensions ?? 'plain'));
        this.trust = options.trust ?? false;
        this.env = { ...process.env, EXTENSIONS_GALLERY: '{}', VIRTUAL_ENV: '', ...options.env };
    }

    private write(file: string, content: unknown): void {
        const full = path.join(this.home, file);
        fs.mkdirSync(path.dirname(full), { recursive: true });
        fs.writeFileSync(full, JSON.stringify(content));
    }

    /** Sets the settings of the machine that the server runs on. */
    settings(settings: Settings): void {
        this.write('user/Machine/settings.json', settings);
    }

    /** Has the extensions of a folder, without a copy of each. */
    private link(from: string): void {
        const own = path.join(this.home, 'extensions');
        fs.mkdirSync(own);
        for (const each of fs.readdirSync(from, { withFileTypes: true })) {
            const [here, there] = [path.join(own, each.name), path.join(from, each.name)];
            if (each.isDirectory()) {
                fs.symlinkSync(there, here, 'junction');
            } else {
                fs.copyFileSync(there, here);
            }
        }
    }

    async start(): Promise<void> {
        const port = await freePort();
        this.base = `http://127.0.0.1:${port}`;
        const log = fs.openSync(path.join(this.home, 'code.log'), 'a');
        const at = (name: string) => path.join(this.home, name);
        const options = {
            'user-data-dir': at('user'),
            'extensions-dir': at('extensions'),
            port: String(port),
            'enable-smoke-test-driver': true,
            'disable-workspace-trust': !this.trust,
            'disable-getting-started-override': true,
        };
        this.process = spawn(needed('CODE_NODE'), [SERVE, needed('CODE_SERVER'), JSON.stringify(options)], {
            stdio: ['ignore', log, log],
            detached: true,
            env: this.env,
        });
        await eventually('VS Code to answer', async () => (await fetch(`${this.base}/version`)).ok);
        this.browser = await chromium.launch({
            executablePath: needed('CHROMIUM'),
            headless: true,
            args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'].concat([
                '--disable-background-networking',
                '--disable-component-update',
                '--disable-dev-shm-usage',
            ]),
        });
    }

    /** A page that shows nothing yet. All pages share what the browser has loaded and compiled: that is most of a start. */
    async page(): Promise<Page> {
        if (this.context === undefined) {
            assert.ok(this.browser);
            this.context = await this.browser.newContext({ viewport: { width: 1360, height: 850 } });
            this.context.setDefaultTimeout(PATIENCE);
            await this.context.grantPermissions(['clipboard-read', 'clipboard-write']);
        }
        return this.context.newPage();
    }

    /** Opens a folder in a window of its own. */
    async window(folder: string): Promise<Window> {
        const page = await this.page();
        await page.goto(this.address({ folder }));
        await page.waitForSelector('.monaco-workbench .part.editor');
        return new Window(page);
    }

    address(query: Record<string, string>): string {
        return `${this.base}/?${new URLSearchParams(query)}`;
    }

    /** How an extension's files are named in a window. */
    remote(file: string): string {
        return `vscode-remote://${new URL(this.base).host}${path.resolve(file)}`;
    }

    async stop(): Promise<void> {
        await this.browser?.close();
        if (this.process?.pid !== undefined) {
            const gone = new Promise(resolve => this.process?.once('exit', resolve));
            process.kill(-this.process.pid, 'SIGKILL');
            await gone;
        }
        fs.rmSync(this.home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    }
}

async function freePort(): Promise<number> {
    const server = net.createServer().listen(0, '127.0.0.1');
    await new Promise(resolve => server.once('listening', resolve));
    const address = server.address();
    await new Promise(resolve => server.close(resolve));
    assert.ok(address !== null && typeof address === 'object');
    return address.port;
}

/** A Python with no package in it: the server that is bundled runs, and versions are those that the example pins. */
export function barePython(): string {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cucurbit-bare-'));
    execFileSync(needed('CUCURBIT_PYTHON'), ['-m', 'venv', '--without-pip', folder]);
    process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
    return path.join(folder, 'bin/python');
}

/** A copy of one of the example's stages, to work in. `name` is the folder's. */
export function copyOf(stage: string, name = 'charge-party'): string {
    const parent = fs.mkdtempSync(path.join(os.tmpdir(), 'cucurbit-workspace-'));
    process.once('exit', () => fs.rmSync(parent, { recursive: true, force: true }));
    const folder = path.join(parent, name);
    fs.cpSync(path.join(EXAMPLES, stage), folder, { recursive: true });
    return folder;
}
