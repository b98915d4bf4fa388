import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

interface Setting {
    readonly type: string;
    readonly default: unknown;
    readonly enum?: readonly unknown[];
    readonly items?: Setting;
    readonly properties?: Readonly<Record<string, Setting>>;
}

interface Manifest {
    readonly capabilities: {
        readonly untrustedWorkspaces: { readonly supported: string; readonly restrictedConfigurations: string[] };
        readonly virtualWorkspaces: { readonly supported: boolean; readonly description: string };
    };
    readonly contributes: {
        readonly commands: readonly { readonly command: string; readonly title: string }[];
        readonly configuration: { readonly properties: Readonly<Record<string, Setting>> };
        readonly menus: Readonly<Record<string, readonly { readonly command: string }[]>>;
        readonly walkthroughs: readonly { readonly steps: readonly { readonly media: Record<string, string> }[] }[];
    };
    readonly icon: string;
}

const CLIENT = path.resolve(import.meta.dirname, '../..');
const manifest = JSON.parse(fs.readFileSync(path.join(CLIENT, 'package.json'), 'utf8')) as Manifest;

test('settings that name programs are ignored where the workspace is not trusted', () => {
    const { supported, restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
    assert.equal(supported, 'limited');
    assert.deepEqual(restrictedConfigurations, ['cucurbit.interpreter', 'cucurbit.path', 'cucurbit.python']);
});

test('a virtual workspace is told in one sentence what to do', () => {
    const { supported, description } = manifest.capabilities.virtualWorkspaces;
    assert.equal(supported, false);
    assert.match(description, /Clone/);
});

/** What VS Code's settings page shows a control for; for the rest it shows "Edit in settings.json". */
function hasControl(setting: Setting): boolean {
    const simple = (each: Setting | undefined): boolean => ['string', 'boolean'].includes(each?.type ?? '');
    if (setting.type === 'array') {
        return simple(setting.items);
    }
    return setting.type === 'object' ? Object.values(setting.properties ?? {}).every(simple) : simple(setting);
}

test('each setting has one plain type, a default of it, and a control on the settings page', () => {
    for (const [name, setting] of Object.entries(manifest.contributes.configuration.properties)) {
        const kind = Array.isArray(setting.default) ? 'array' : typeof setting.default;
        assert.equal(kind, setting.type, name);
        assert.ok(hasControl(setting), name);
        assert.ok(setting.enum === undefined || setting.enum.includes(setting.default), name);
    }
});

test('menus name commands that there are, and the commands are those of the source', () => {
    const commands = new Set(manifest.contributes.commands.map(each => each.command));
    for (const entries of Object.values(manifest.contributes.menus)) {
        for (const { command } of entries) {
            assert.ok(commands.has(command), command);
        }
    }
    const sources = fs.readdirSync(path.join(CLIENT, 'src')).map(each => path.join(CLIENT, 'src', each));
    const text = sources.map(each => fs.readFileSync(each, 'utf8')).join('\n');
    for (const command of commands) {
        assert.ok(text.includes(`'${command.replace('cucurbit.', '')}'`), command);
    }
});

test('the pictures that it names are there', () => {
    const media = manifest.contributes.walkthroughs.flatMap(each => each.steps.map(step => step.media));
    const files = media.map(each => each.image ?? each.markdown ?? '');
    for (const file of [manifest.icon, ...files]) {
        assert.ok(fs.statSync(path.join(CLIENT, file)).size > 0, file);
    }
});
