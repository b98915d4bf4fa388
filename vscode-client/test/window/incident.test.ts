/** The example's incident, from the red line to a project without findings. */
import { after, afterEach, before, test } from 'node:test';
import { Code, copyOf } from './code.ts';
import type { Window } from './window.ts';

const code = new Code();
const folder = copyOf('1-incident');
let window: Window;

before(async () => {
    code.install(process.env.VSIX ?? '');
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
    await window.file('app/models_domain.py');
    await window.squiggle.first().waitFor({ state: 'attached' });
    await window.showProblems();
    await window.problems.filter({ hasText: "Table 'energy_events' is already defined" }).first().waitFor();
    await window.picture('1-incident');
});
