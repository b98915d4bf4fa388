/** The example's incident, from the red line to a project whose tables Alembic sees. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { barePython, Code, copyOf } from './code.ts';
import { eventually } from './patience.ts';
import type { Window } from './window.ts';

// As in README.md: the extension that `make vsix` packages, and a Python in which nothing is installed.
const python = barePython();
const PATH = [path.dirname(python), process.env.PATH ?? ''].join(path.delimiter);
const code = new Code({ 'cucurbit.interpreter': python }, { env: { PATH } });
const folder = copyOf('1-incident');
const read = (file: string) => fs.readFileSync(path.join(folder, file), 'utf8');
let window: Window;

before(async () => {
    await code.start();
    window = await code.window(folder);
});

afterEach(async context => {
    if ('passed' in context && !context.passed) {
        await window?.picture(`failed-${context.name.replace(/\W+/g, '-')}`);
    }
});

after(() => code.stop());

test('the finding is red in the editor and stands in the Problems panel', async () => {
    await window.file('app/models_domain.py', 16);
    await window.squiggle.first().waitFor({ state: 'attached' });
    await window.showProblems();
    await window.problem("Attribute 'metadata' of Payout has a reserved name");
    await window.problem("Table 'energy_events' is already defined at app/models_extra.py:24");
    // VS Code does not ask for lenses while the editor has no focus, and a click in the panel has taken it.
    await window.file('app/models_domain.py', 16);
    await window.page.locator('.codelens-decoration', { hasText: 'seen by Alembic' }).first().waitFor();
    await window.picture('incident');
});

test('the status counts what was found, and a click on it opens a menu', async () => {
    await window.status.filter({ hasText: /Cucurbit: \d+ tables, \d+ errors/ }).click();
    await window.asked('Cucurbit: ');
    await window.picture('menu');
    await window.pick('Show Tables and Timelines');
    await window.tree('Tables').waitFor();
    await window.command('Explorer: Focus on Folders View');
    await window.focusEditor();
});

test('one can walk along the chain in its order', async () => {
    await window.action('Show how this is reached: duplicate-table');
    await window.asked('How duplicate-table is reached');
    const rows = window.page.locator('.quick-input-list .monaco-list-row');
    await rows.filter({ hasText: /^1\. / }).waitFor();
    await window.keys('ArrowDown');
    const second = rows.filter({ hasText: /^2\. / });
    await eventually('the second step to be looked at', async () =>
        /focused/.test((await second.getAttribute('class')) ?? ''),
    );
    const name = ((await second.getAttribute('aria-label')) ?? '').match(/([\w.]+\.py):\d+/)?.[1] ?? '';
    await window.page.locator('.tab.active', { hasText: name }).waitFor();
    await window.picture('walk');
    await window.keys('Escape');
    await window.page.locator('.tab.active', { hasText: 'models_domain.py' }).waitFor();
});

test('a hover links to the chain of each entry point', async () => {
    await window.file('app/models_domain.py', 16);
    const hover = window.page.locator('.monaco-hover:visible', { hasText: 'rejected in' });
    await eventually('the hover', async () => {
        await window.command('Show or Focus Hover');
        await hover.first().waitFor({ timeout: 5000 });
        return true;
    });
    await window.page.screenshot({ path: 'test-results/hover.png' });
    await hover.locator('a', { hasText: 'how' }).first().click();
    await window.asked('How energy_events is rejected in app.main_simple:app');
    await window.keys('Escape');
});

test('a lens opens the timeline at the row that it tells of', async () => {
    await window.closeEditors();
    await window.file('app/models_domain.py', 16);
    await window.page.locator('.codelens-decoration a', { hasText: 'rejected in app.main_simple' }).first().click();
    const row = window.webview.locator('#rows [role="treeitem"][aria-selected="true"]');
    await row.filter({ hasText: 'energy_events' }).filter({ hasText: 'rejected' }).waitFor();
    await window.picture('lens');
    await window.closeEditors();
});

test('the registration view nests the events, and a click goes to the line', async () => {
    await window.command('Cucurbit: Show Registration View');
    const timelines = window.tree('Timelines');
    const entry = timelines.locator('.monaco-list-row', { hasText: 'app.main_simple:app' });
    await entry.waitFor();
    await entry.locator('.monaco-tl-twistie').click();
    const main = timelines.locator('.monaco-list-row', { hasText: /^app\.main_simple/ }).nth(1);
    await main.locator('.monaco-tl-twistie').click();
    const migrations = timelines.locator('.monaco-list-row', { hasText: 'Migrations start' }).first();
    await migrations.waitFor();
    await migrations.click();
    await window.page.locator('.tab.active', { hasText: 'run_migrations.py' }).waitFor();
    const metadata = window.tree('Tables').locator('.monaco-list-row', { hasText: 'energy_events' });
    await metadata.first().waitFor();
    await window.tree('Tables').locator('.monaco-list-row', { hasText: 'never seen by Alembic' }).first().waitFor();
    await window.picture('trees');
    await window.menu(metadata.first(), 'Copy Table Name');
    await eventually('the name', async () => {
        return (await window.page.evaluate<string>('navigator.clipboard.readText()')) === 'energy_events';
    });
    await window.menu(metadata.first(), 'Show Schema');
    await window.webview.locator('[data-id="energy_events"]').first().waitFor();
    await window.picture('schema');
    await window.closeEditors();
});

test('the view shows what stands at the cursor', async () => {
    await window.file('app/models_extra.py', 24);
    await window.command('Cucurbit: Show Registration View');
    const timelines = window.tree('Timelines');
    await timelines.locator('.pane-header').hover();
    await timelines.locator('.action-label[aria-label^="Follow the Cursor"]').click();
    const selected = timelines.locator('.monaco-list-row.selected', { hasText: 'energy_events' });
    await selected.waitFor();
    await window.focusEditor();
    await window.file('app/models_extra.py', 10);
    await timelines.locator('.monaco-list-row.selected', { hasText: 'wallet_entries' }).waitFor();
    await window.picture('cursor-followed');
});

test('a filter leaves what matches and what leads there', async () => {
    const timelines = window.tree('Timelines');
    await timelines.locator('.pane-header').hover();
    await timelines.locator('.action-label[aria-label^="Filter by Table or Module"]').click();
    await window.answer('merchant_offers');
    await timelines.locator('.monaco-list-row', { hasText: 'merchant_offers' }).first().waitFor();
    await eventually('the others to be gone', async () => {
        return (await timelines.locator('.monaco-list-row', { hasText: 'drivers' }).count()) === 0;
    });
    await window.picture('filtered');
    await timelines.locator('.pane-header').hover();
    await timelines.locator('.action-label[aria-label^="Clear Filter"]').click();
    await timelines.locator('.monaco-list-row', { hasText: 'alembic' }).first().waitFor();
});

test('the picture of the timeline leads back to the source', async () => {
    await window.hideProblems();
    await window.closeEditors();
    await window.file('app/models_domain.py', 16);
    await window.command('Cucurbit: Show Timeline');
    const rows = window.webview.locator('#rows');
    await rows.locator('text=energy_events').first().waitFor();
    await window.webview.locator('#lane').selectOption({ label: 'app.main_simple:app' });
    await window.picture('registration');
    await window.webview.locator('#search').fill('wallet_entries');
    await window.webview.locator('#search').press('Enter');
    const row = rows.locator('[role="treeitem"]', { hasText: 'wallet_entries' }).first();
    await row.waitFor();
    await rows.press('Enter');
    await window.page.locator('.tab.active', { hasText: 'models_extra.py' }).waitFor();
    await window.picture('timeline-clicked');
    await window.file('app/models_domain.py', 1);
    await row.locator('.name').dblclick();
    await window.page.locator('.tab.active', { hasText: 'models_extra.py' }).waitFor();
    await window.closeEditors();
});

// In this order: while there are two definitions, a module that imports both would fail.
test('the duplicate is removed, and its red line goes', async () => {
    await window.file('app/models_domain.py', 16);
    await window.action('Remove class EnergyEvent from app/models_extra.py');
    await window.preview('preview-duplicate', () => !read('app/models_extra.py').includes('class EnergyEvent'));
    await window.showProblems();
    await eventually('the finding to go', async () => {
        return (await window.problems.filter({ hasText: "'energy_events' is already defined" }).count()) === 0;
    });
    await window.picture('one-definition');
});

test('the reserved attribute gets another name', async () => {
    await window.file('app/models_domain.py', 31);
    await window.squiggle.first().waitFor({ state: 'attached' });
    await window.action("Rename Payout.metadata to metadata_ and keep the column 'metadata'");
    await window.preview('preview-rename', () => read('app/models_domain.py').includes('metadata_ ='));
    await window.squiggle.first().waitFor({ state: 'detached' });
});

test('the aggregator is created and env.py routed through it, with a preview', async () => {
    await window.file('app/models_extra.py', 9);
    await window.page.locator('.editor-instance .squiggly-warning').first().waitFor({ state: 'attached' });
    await window.action(/Create app\/models_all\.py importing \d+ model modules and route alembic\/env\.py/);
    await window.preview('preview', () => read('alembic/env.py').includes('app.models_all'));
    assert.match(read('app/models_all.py'), /import app\.models_extra {2}# noqa: F401/);
    await window.showProblems();
    await eventually('the finding to go', async () => {
        return (await window.problems.filter({ hasText: 'Autogenerate misses' }).count()) === 0;
    });
    const lenses = window.page.locator('.codelens-decoration');
    await lenses.filter({ hasText: 'not seen by Alembic' }).first().waitFor({ state: 'detached' });
    await lenses.filter({ hasText: 'seen by Alembic' }).first().waitFor();
    await window.picture('aggregator');
});
