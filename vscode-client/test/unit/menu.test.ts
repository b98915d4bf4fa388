import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choices } from '../../src/menu.ts';

const titles = (isRunning: boolean) =>
    choices(isRunning, 'some.extension').map(each => each.label.replace(/^.*\) /, ''));

test('the menu has what can be done while the server runs', () => {
    assert.deepEqual(titles(true), [
        'Show Tables and Timelines',
        'Show Timeline',
        'Show Schema',
        'Reanalyse Workspace',
        'Restart Server',
        'Show Log',
        'Open Settings',
        'Copy Debug Information',
    ]);
});

test('without a server, the menu has what helps to start one', () => {
    assert.deepEqual(titles(false), ['Start Server', 'Show Log', 'Open Settings', 'Copy Debug Information']);
    const settings = choices(false, 'some.extension').find(each => each.label.endsWith('Settings'));
    assert.deepEqual(settings?.arguments, ['@ext:some.extension']);
});
