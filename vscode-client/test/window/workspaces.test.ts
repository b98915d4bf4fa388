/** Other workspaces and windows: the bundled server, two windows, an aggregator by command, no trust. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { barePython, Code, copyOf } from './code.ts';
import { eventually } from './patience.ts';
import type { Window } from './window.ts';

const code = new Code();
let window: Window | undefined;

before(() => code.start());

afterEach(async context => {
    if ('passed' in context && !context.passed) {
        await window?.picture(`failed-${context.name.replace(/\W+/g, '-')}`);
    }
    await window?.close();
    window = undefined;
});

after(() => code.stop());

test('the aggregator is created as it is asked for', async () => {
    const folder = copyOf('2-one-definition');
    window = await code.window(folder);
    await window.file('app/models_extra.py');
    await window.page.locator('.editor-instance .squiggly-warning').first().waitFor({ state: 'attached' });
    await window.command('Cucurbit: Create Models Aggregator...');
    await window.asked('Create Models Aggregator (1/2)');
    await window.picture('aggregator-module');
    await window.answer('app.every_model');
    await window.asked('Create Models Aggregator (2/2)');
    await window.picture('aggregator-style');
    await window.pick('__all__');
    const env = path.join(folder, 'alembic/env.py');
    await window.preview('aggregator-preview', () => fs.readFileSync(env, 'utf8').includes('app.every_model'));
    const created = path.join(folder, 'app/every_model.py');
    await eventually('the aggregator', () => fs.readFileSync(created, 'utf8').includes('__all__'));
    await window.page.locator('.editor-instance .squiggly-warning').first().waitFor({ state: 'detached' });
});

test('a column that no revision creates is found, and its revision written', async () => {
    const folder = copyOf('3-aggregator');
    const models = path.join(folder, 'app/models.py');
    const email = '    email: Mapped[str] = mapped_column(String(320), unique=True)\n';
    const name = '    nickname: Mapped[str | None] = mapped_column(String(80))\n';
    fs.writeFileSync(models, fs.readFileSync(models, 'utf8').replace(email, email + name));
    window = await code.window(folder);
    await window.file('app/models.py', 12);
    await window.page.locator('.editor-instance .squiggly-error, .editor-instance .squiggly-warning').first().waitFor({
        state: 'attached',
    });
    await window.showProblems();
    await window.problem('No revision creates drivers.nickname');
    await window.picture('drift');
    await window.file('app/models.py', 12);
    await window.action('Write the revision that creates what the models have');
    const versions = path.join(folder, 'alembic/versions');
    // What may change the program is shown before it is written.
    await window.preview('drift-revision', () =>
        fs
            .readdirSync(versions)
            .filter(each => each.endsWith('.py'))
            .some(each => fs.readFileSync(path.join(versions, each), 'utf8').includes('nickname')),
    );
});

test('env.py is routed through the aggregator that there is', async () => {
    const folder = copyOf('2-one-definition');
    const aggregator = ['from app.db import Base', 'import app.models', 'import app.models_domain'];
    const text = [...aggregator, 'import app.models_extra', ''].join('  # noqa: F401\n');
    fs.writeFileSync(path.join(folder, 'app/models_all.py'), text);
    window = await code.window(folder);
    await window.file('alembic/env.py');
    await window.page.locator('.codelens-decoration', { hasText: 'registers' }).first().waitFor();
    await window.command('Cucurbit: Route Imports Through the Aggregator');
    await window.page.locator('.tab.active.dirty, .tab.active', { hasText: 'env.py' }).waitFor();
    await window.page.locator('.view-line', { hasText: 'app.models_all' }).first().waitFor();
    await window.saveAll();
    const env = path.join(folder, 'alembic/env.py');
    await eventually('env.py to be routed', () => fs.readFileSync(env, 'utf8').includes('app.models_all'));
    await window.picture('routed');
});

test('the names of models are completed in strings, and renamed', async () => {
    const folder = copyOf('2-one-definition');
    window = await code.window(folder);
    const { page } = window;
    await window.file('app/models.py', 18);
    await page.locator('.codelens-decoration', { hasText: 'registered' }).first().waitFor();
    await window.keys('End', 'Enter');
    await page.keyboard.type('event_id: Mapped[int] = mapped_column(ForeignKey("');
    const row = page.locator('.suggest-widget .monaco-list-row', { hasText: 'energy_events.id' });
    await row.first().waitFor();
    await window.picture('completion');
    await page.keyboard.type('energy');
    await page.locator('.suggest-widget .monaco-list-row.focused', { hasText: 'energy_events.id' }).waitFor();
    await window.keys('Enter');
    await page.locator('.view-line', { hasText: 'ForeignKey("energy_events.id"))' }).waitFor();
    await window.saveAll();
    await window.file('app/models.py', 18);
    await window.keys('End', 'ArrowLeft', 'ArrowLeft', 'ArrowLeft');
    const box = page.locator('.rename-box input');
    await eventually('the question for the new name', async () => {
        await window?.keys('F2');
        await box.waitFor({ timeout: 3000 });
        return (await box.inputValue()) === 'id';
    });
    await window.picture('rename');
    await box.fill('driver_key');
    await window.keys('Enter');
    await page.locator('.view-line', { hasText: 'ForeignKey("drivers.driver_key"))' }).waitFor();
    await page.locator('.view-line', { hasText: 'mapped_column("driver_key", primary_key=True)' }).waitFor();
    await window.picture('renamed');
    await window.keys('Control+End');
    await page.keyboard.type('\ndriver = Driver(');
    const signature = page.locator('.parameter-hints-widget', { hasText: 'email: String(320)' });
    await signature.waitFor();
    await window.picture('signature');
});

test('the copy in the extension serves a Python without the package, and two windows on one folder', async () => {
    const python = barePython();
    // What is called `python3` has no package either.
    const PATH = [path.dirname(python), process.env.PATH ?? ''].join(path.delimiter);
    const without = new Code({ 'cucurbit.interpreter': python }, { env: { PATH } });
    try {
        await without.start();
        const folder = copyOf('1-incident');
        window = await without.window(folder);
        await window.file('app/models_domain.py');
        await window.squiggle.first().waitFor({ state: 'attached' });
        await window.command('Cucurbit: Copy Debug Information');
        await window.notified('the debug information is in the clipboard');
        const information = await window.page.evaluate<string>('navigator.clipboard.readText()');
        assert.match(information, /^cucurbit \d\S*, bundled with the extension, run by .*cucurbit-bare-/m);
        const other = await without.window(folder);
        await other.file('app/models_domain.py');
        await other.squiggle.first().waitFor({ state: 'attached' });
        await other.close();
        await window.file('app/models_extra.py');
        await window.page.locator('.editor-instance .squiggly-warning').first().waitFor({ state: 'attached' });
    } finally {
        await without.stop();
    }
});

test('the settings page has a control for a setting', async () => {
    window = await code.window(copyOf('1-incident'));
    await window.file('app/models_domain.py');
    await window.command('Preferences: Open Settings (UI)');
    const { page } = window;
    const search = page.locator('.settings-editor .search-container .view-lines').first();
    await search.click();
    await page.keyboard.type('@ext:cucurbit.cucurbit lens');
    const lens = page.locator('.setting-item-contents', { hasText: 'Code Lens' }).first();
    await lens.locator('.setting-value-checkbox').waitFor();
    assert.equal(await page.locator('.setting-item-contents .edit-in-settings-button:visible').count(), 0);
    await window.picture('settings');
});

test('the walkthrough can be finished', async () => {
    window = await code.window(copyOf('1-incident'));
    const { page } = window;
    await window.file('app/models_domain.py');
    await window.squiggle.first().waitFor({ state: 'attached' });
    await window.command('Welcome: Open Walkthrough...');
    await window.pick('Get started with Cucurbit');
    const steps = page.locator('[data-done-step-id]');
    await steps.first().waitFor();
    await window.command('Cucurbit: Show Registration View');
    await window.showProblems();
    const card = page.locator('.getting-started-category', { hasText: 'Get started with Cucurbit' }).first();
    const last = page.locator('.getting-started-step', { hasText: 'One module that imports every model' }).first();
    await eventually('every step to be done', async () => {
        // On a busy machine VS Code goes back to its list of walkthroughs, even after it has shown this one.
        if (!(await last.isEnabled())) {
            await card.click({ timeout: 3000 });
            return false;
        }
        const left = await page.locator('[data-done-step-id]:not(.complete)').count();
        if (left > 0) {
            // The page can swallow a command while it is drawn.
            await window?.command('Cucurbit: Show Registration View');
            await last.click({ timeout: 3000 });
        }
        return left === 0 && (await steps.count()) > 0;
    });
    await window.picture('walkthrough');
});

test('what is missing is said in one sentence, with buttons', async () => {
    code.settings({ 'cucurbit.path': '/nowhere/cucurbit' });
    window = await code.window(copyOf('1-incident'));
    await window.file('app/models_domain.py');
    const said = 'The setting cucurbit.path names /nowhere/cucurbit, which does not start';
    const message = await window.notified(said);
    await message.locator('.monaco-button', { hasText: 'Show Log' }).waitFor();
    await window.picture('missing');
    await message.locator('.monaco-button', { hasText: 'Open Settings' }).click();
    await window.page.locator('.settings-editor').waitFor();
});

test('a virtual workspace says in one sentence why there is nothing, and starts nothing', async () => {
    const virtual = new Code({}, { extensions: 'python' });
    try {
        await virtual.start();
        window = await virtual.window('stand-in:/demo');
        const { page } = window;
        await page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'models.py' }).dblclick();
        await page.locator('.view-line', { hasText: 'sqlalchemy' }).waitFor();
        await window.command('Extensions: Show Installed Extensions');
        const row = page.locator('.extensions-list .monaco-list-row', { hasText: 'Cucurbit' }).first();
        await row.click();
        const why = 'Cucurbit reads files from disk. Clone the repository to use it.';
        await page.locator('.extension-editor', { hasText: why }).waitFor();
        await window.picture('virtual');
        assert.equal(await page.locator('.activitybar [aria-label^="Cucurbit"]').count(), 0);
        await window.command('Notifications: Show Notifications');
        const messages = page.locator('.notification-list-item', { hasText: 'ucurbit' });
        assert.equal(await messages.count(), 0);
    } finally {
        await virtual.stop();
    }
});

test('where the workspace is not trusted, none of its programs is run', async () => {
    const untrusting = new Code({}, { trust: true });
    const folder = copyOf('1-incident');
    const mark = path.join(folder, 'it-ran');
    const program = path.join(folder, 'cucurbit.sh');
    fs.writeFileSync(program, `#!/bin/sh\ntouch '${mark}'\n`, { mode: 0o755 });
    fs.mkdirSync(path.join(folder, '.vscode'));
    const settings = { 'cucurbit.path': program, 'cucurbit.interpreter': program };
    fs.writeFileSync(path.join(folder, '.vscode/settings.json'), JSON.stringify(settings));
    try {
        await untrusting.start();
        window = await untrusting.window(folder);
        await window.page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor();
        await window.file('app/models_domain.py');
        await window.squiggle.first().waitFor({ state: 'attached' });
        await window.picture('not-trusted');
        assert.ok(!fs.existsSync(mark));
    } finally {
        await untrusting.stop();
    }
});
