/** The extension in a real extension host: which server it starts, what it does when one fails, what it offers. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Api } from '../../src/extension.ts';
import { check, file, findings, until } from './check.ts';

export { run } from './check.ts';

const PYTHON = process.env.CUCURBIT_PYTHON ?? '';
const scripts = fs.mkdtempSync(path.join(os.tmpdir(), 'cucurbit scripts ü-'));
let api: Api;

/** A program that stands in for the server: answers `--version` and does the rest of a shell script. */
function program(name: string, rest: string, version = '0.1.0'): string {
    const script = path.join(scripts, name);
    const first = `#!/bin/sh\nif [ "$1" = --version ]; then echo "cucurbit ${version}"; exit 0; fi\n`;
    fs.writeFileSync(script, `${first}${rest}\n`, { mode: 0o755 });
    return script;
}

async function set(name: string, value: unknown): Promise<void> {
    const section = vscode.workspace.getConfiguration('cucurbit');
    await section.update(name, value, vscode.ConfigurationTarget.Workspace);
}

/** A line from 1, a column from 0. */
function cursor(line: number, column: number): vscode.Position {
    return new vscode.Position(line - 1, column);
}

function running() {
    const state = api.state();
    return state.kind === 'running' ? state : undefined;
}

/** The state after `change`, which has another server started or none. */
async function stateAfter(kind: string, change: () => PromiseLike<unknown>) {
    const seen: string[] = [];
    const subscription = api.onDidChange(state => seen.push(state.kind));
    await change();
    await until(`the state ${kind} (seen: ${seen.join(', ')})`, () => seen.includes(kind) && api.state().kind === kind);
    subscription.dispose();
    return api.state();
}

const messageOf = () => {
    const state = api.state();
    return state.kind === 'missing' ? state.missing.message : state.kind === 'failed' ? state.message : '';
};

check('it starts the server of the interpreter in the settings and shows the findings', async () => {
    const extension = vscode.extensions.getExtension<Api>('cucurbit.cucurbit');
    assert.ok(extension);
    api = await extension.activate();
    const state = await until('a server', running);
    assert.match(state.found.origin, /^installed in /);
    await vscode.window.showTextDocument(file('app/models_domain.py'));
    await until('the finding', () => findings('app/models_domain.py').includes('duplicate-table'));
});

check('a finding has its chain, and lenses tell how a table fares', async () => {
    const diagnostics = vscode.languages.getDiagnostics(file('app/models_domain.py'));
    const duplicate = diagnostics.find(each => each.message.includes("'energy_events' is already defined"));
    assert.ok((duplicate?.relatedInformation?.length ?? 0) > 5);
    const command = 'vscode.executeCodeLensProvider';
    const uri = file('app/models_domain.py');
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(command, uri, 10);
    assert.ok(lenses.some(each => each.command?.title.includes('rejected in app.main_simple:app, during migrations')));
});

check('settings that do not concern the server leave it running', async () => {
    const pid = api.pid();
    await set('extendSelect', ['bypasses-aggregator']);
    await set('codeLens', false);
    await until('the lenses to go', () => vscode.workspace.getConfiguration('cucurbit').get('codeLens') === false);
    await vscode.commands.executeCommand('cucurbit.restartAnalysis');
    assert.equal(api.pid(), pid);
    await set('extendSelect', undefined);
    await set('codeLens', undefined);
});

check('live settings take effect', async () => {
    await set('ignore', ['duplicate-table']);
    await until('the finding to go', () => !findings('app/models_domain.py').includes('duplicate-table'));
    await set('ignore', undefined);
    await until('the finding to come back', () => findings('app/models_domain.py').includes('duplicate-table'));
});

check('settings of the wrong type are told and ignored', async () => {
    await set('select', 7);
    await set('severity', ['error']);
    await until('a finding about them', () => findings('app/models_domain.py').includes('duplicate-table'));
    const pid = api.pid();
    await set('path', { not: 'a text' });
    await vscode.commands.executeCommand('cucurbit.restart');
    await until('a server', () => running() && api.pid() !== pid);
    for (const name of ['select', 'severity', 'path']) {
        await set(name, undefined);
    }
});

check(
    'the interpreter that the Python extension selects is taken, and a change of it restarts the server',
    async () => {
        const other = path.join(scripts, 'environment');
        fs.mkdirSync(path.join(other, 'bin'), { recursive: true });
        const interpreter = path.join(other, 'bin', 'python');
        fs.writeFileSync(interpreter, `#!/bin/sh\nexec "${PYTHON}" "$@"\n`, { mode: 0o755 });
        const pid = api.pid();
        await vscode.commands.executeCommand('standIn.select', interpreter);
        // It says of itself that it is the interpreter that is set already: the same command, so the same server.
        await vscode.commands.executeCommand('standIn.select', '');
        assert.equal(api.pid(), pid);
        const state = await stateAfter('missing', () =>
            vscode.commands
                .executeCommand('standIn.select', program('python39', '', ''))
                .then(() => set('path', '/none')),
        );
        assert.equal(state.kind, 'missing');
        await vscode.commands.executeCommand('standIn.select', '');
        await stateAfter('running', () => set('path', undefined));
    },
);

check('a server that prints to its standard output works', async () => {
    const noisy = program('noisy', `echo "Welcome to the machine"\nexec "${PYTHON}" -m cucurbit serve`);
    await stateAfter('running', () => set('path', noisy));
    assert.equal(running()?.found.origin, 'cucurbit.path');
    await until('the finding', () => findings('app/models_domain.py').includes('duplicate-table'));
});

check('a server that dies at its start is told with what it said last', async () => {
    const dying = program('dying', 'echo "the disk is on fire" >&2\nexit 3');
    await stateAfter('failed', () => set('path', dying));
    assert.equal(messageOf(), 'The Cucurbit server (cucurbit.path) did not start: the disk is on fire');
});

check('a path that names no program is told', async () => {
    await stateAfter('missing', () => set('path', '/nowhere/at all'));
    assert.match(messageOf(), /^The setting cucurbit\.path names \/nowhere\/at all, which does not start: /);
});

check('a machine without a Python is told what is missing', async () => {
    const { PATH } = process.env;
    process.env.PATH = scripts;
    try {
        await set('interpreter', '/nowhere/python');
        await set('path', undefined);
        await until('the sentence', () => messageOf() === 'Cucurbit needs Python 3.10 or newer, and found none.');
    } finally {
        process.env.PATH = PATH;
    }
    await stateAfter('running', () => set('interpreter', undefined));
    await stateAfter('missing', () => set('path', '/nowhere'));
});

check('commands without a server say so', async () => {
    // A message with a button stays until it is answered, so that the command does not end before.
    void vscode.commands.executeCommand('cucurbit.restartAnalysis');
    assert.equal(api.state().kind, 'missing');
});

for (const [version, word] of [
    ['0.0.1', 'older'],
    ['9.0.0', 'newer'],
]) {
    check(`a server that is ${word} than the extension runs`, async () => {
        const code = `import cucurbit; cucurbit.__version__ = "${version}"; import sys; sys.argv = ["cucurbit", "serve"]`;
        const rest = `exec "${PYTHON}" -c '${code}; from cucurbit.cli.main import main; sys.exit(main())'`;
        await stateAfter('running', () => set('path', program(`version-${version}`, rest, version)));
        assert.equal(running()?.version, version);
        await until('the finding', () => findings('app/models_domain.py').includes('duplicate-table'));
    });
}

check('a server that dies while it is asked something: the question ends, and another server starts', async () => {
    await stateAfter('running', () => set('path', undefined));
    await vscode.commands.executeCommand('cucurbit.restart');
    const pid = await until('a server', () => running() && api.pid());
    process.kill(pid, 'SIGSTOP');
    const uri = file('app/models_domain.py');
    const question = vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', uri, cursor(16, 8));
    process.kill(pid, 'SIGKILL');
    assert.deepEqual(await question, []);
    await until('another server', () => running() && api.pid() !== undefined && api.pid() !== pid);
    await until('the finding', () => findings('app/models_domain.py').includes('duplicate-table'));
});

check('a server that is killed is started again, and one that is killed again and again is not', async () => {
    await vscode.commands.executeCommand('cucurbit.restart');
    for (let count = 0; count < 3; count++) {
        const pid = await until('a server', () => running() && api.pid());
        process.kill(pid, 'SIGKILL');
        await until('another server', () => running() && api.pid() !== undefined && api.pid() !== pid);
    }
    await until('the finding', () => findings('app/models_domain.py').includes('duplicate-table'));
    const pid = api.pid();
    assert.ok(pid);
    process.kill(pid, 'SIGKILL');
    await until('the end', () => api.state().kind === 'failed');
    assert.match(messageOf(), /crashed again and again \(signal SIGKILL\); it is not started any more/);
    await stateAfter('running', () => vscode.commands.executeCommand('cucurbit.restart'));
});

check('restarts are queued: many at once start no more than two servers', async () => {
    const kinds: string[] = [];
    const subscription = api.onDidChange(state => kinds.push(state.kind));
    await Promise.all([1, 2, 3, 4, 5].map(() => vscode.commands.executeCommand('cucurbit.restart')));
    subscription.dispose();
    assert.ok(kinds.filter(kind => kind === 'running').length <= 2, kinds.join());
    assert.equal(api.state().kind, 'running');
});

check('what is safe is fixed on save where that is asked for', async () => {
    const uri = file('app/config.py');
    const editor = await vscode.window.showTextDocument(uri);
    const before = editor.document.getText();
    const settings = vscode.workspace.getConfiguration('editor', { uri, languageId: 'python' });
    const actions = { 'source.fixAll.cucurbit': 'explicit' };
    await settings.update('codeActionsOnSave', actions, vscode.ConfigurationTarget.Workspace);
    const last = editor.document.lineAt(editor.document.lineCount - 1).range.end;
    await editor.edit(edit => edit.insert(last, 'x = 1  # cucurbit: ignore[duplicate-table]\n'));
    await until('the finding', () => findings('app/config.py').includes('unused-ignore'));
    await editor.document.save();
    await until('the comment to go', () => !editor.document.getText().includes('ignore['));
    assert.ok(editor.document.getText().startsWith(before));
    await settings.update('codeActionsOnSave', undefined, vscode.ConfigurationTarget.Workspace);
});

check('the debug information tells what runs, and no folder of the user', async () => {
    await vscode.commands.executeCommand('cucurbit.copyDebugInformation');
    const text = await vscode.env.clipboard.readText();
    assert.match(text, /^Cucurbit extension \d+\.\d+\.\d+$/m);
    assert.match(text, /^cucurbit \d\S*, installed in .*, process \d+$/m);
    assert.ok(!text.includes(os.homedir()));
});

check('a folder that is removed while it is open takes nothing else along', async () => {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
    assert.ok(folder);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    fs.rmSync(folder, { recursive: true });
    await vscode.commands.executeCommand('cucurbit.restartAnalysis');
    await until('the findings to go', () => findings('app/models_domain.py').length === 0);
    assert.equal(api.state().kind, 'running');
    fs.rmSync(scripts, { recursive: true });
});
