import fs from 'node:fs';
import path from 'node:path';
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { eventually } from './patience.ts';

const RESULTS = path.resolve(import.meta.dirname, '../../test-results');

/** What one sees and does in a window. */
export class Window {
    readonly page: Page;

    constructor(page: Page) {
        this.page = page;
    }

    /** Keeps a picture of the window under test-results/. */
    async picture(name: string): Promise<void> {
        if (this.page.isClosed()) {
            return;
        }
        // What hovers over the window belongs to the pointer, not into the picture.
        await this.page.mouse.move(1110, 18);
        const hover = this.page.locator('.workbench-hover-container:visible').first();
        await hover.waitFor({ state: 'hidden', timeout: 5000 }).catch(() => {});
        fs.mkdirSync(RESULTS, { recursive: true });
        await this.page.screenshot({ path: path.join(RESULTS, `${name}.png`) });
    }

    async close(): Promise<void> {
        await this.page.close();
    }

    async keys(...keys: readonly string[]): Promise<void> {
        for (const key of keys) {
            await this.page.keyboard.press(key);
        }
    }

    /** Opens a file of the folder by its path, at a line. */
    async file(file: string, line = 1): Promise<void> {
        const name = path.basename(file);
        const input = this.page.locator('.quick-input-widget input[type="text"]').first();
        const row = this.page.locator('.quick-input-list .monaco-list-row.focused', { hasText: name }).first();
        await eventually(`${file} to be found`, async () => {
            await this.keys('Escape', 'Control+P');
            try {
                await input.waitFor({ timeout: 3000 });
                await input.fill(`${file}:${line}`, { timeout: 3000 });
                await row.waitFor({ timeout: 3000 });
                await this.keys('Enter');
                return true;
            } catch {
                return false;
            }
        });
        await this.page.locator('.tab.active', { hasText: name }).waitFor();
        await this.page.locator('.editor-instance .view-lines').first().waitFor();
    }

    /** Runs a command of the palette by its title. */
    async command(title: string): Promise<void> {
        const input = this.page.locator('.quick-input-widget input[type="text"]').first();
        const row = this.page.locator('.quick-input-list .monaco-list-row').first();
        await eventually(`the command ${title}`, async () => {
            await this.keys('F1');
            try {
                await input.waitFor({ timeout: 3000 });
                await input.fill(`>${title}`, { timeout: 3000 });
                await row.filter({ hasText: title }).waitFor({ timeout: 3000 });
                return true;
            } catch {
                await this.keys('Escape');
                return false;
            }
        });
        await this.keys('Enter');
    }

    /** Closes every editor: a webview that takes the focus meanwhile can swallow the command, which then is given again. */
    async closeEditors(): Promise<void> {
        const tabs = this.page.locator('.editor-group-container .tab');
        await eventually('the editors to be closed', async () => {
            await this.command('View: Close All Editors');
            await tabs.first().waitFor({ state: 'detached', timeout: 3000 });
            return (await tabs.count()) === 0;
        });
    }

    /** Answers a question that a command asks: types, or picks the row with a text. */
    async answer(text: string): Promise<void> {
        const input = this.page.locator('.quick-input-widget input[type="text"]').first();
        await input.waitFor();
        await input.fill(text);
        await this.keys('Enter');
    }

    /** Waits for a question by its title. */
    async asked(title: string): Promise<void> {
        await this.page.locator('.quick-input-titlebar', { hasText: title }).waitFor();
    }

    async pick(text: string): Promise<void> {
        await this.page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first().click();
    }

    get problems(): Locator {
        return this.page.locator('.markers-panel .monaco-list-row');
    }

    async showProblems(): Promise<void> {
        await eventually('the Problems panel', async () => {
            if (!(await this.page.locator('.markers-panel').isVisible())) {
                await this.keys('Control+Shift+M');
            }
            await this.page.locator('.markers-panel').waitFor({ timeout: 2000 });
            return true;
        });
    }

    /** Scrolls to a finding in the Problems panel, which draws only what is in sight, and clicks on it. */
    async problem(text: string): Promise<void> {
        const row = this.problems.filter({ hasText: text }).first();
        const panel = this.page.locator('.markers-panel');
        await panel.hover();
        await this.page.mouse.wheel(0, -10_000);
        await eventually(`the finding ${text}`, async () => {
            if (await row.isVisible()) {
                return true;
            }
            await panel.hover();
            await this.page.mouse.wheel(0, 66);
            return false;
        });
        await row.click();
    }

    async hideProblems(): Promise<void> {
        await eventually('the panel to be gone', async () => {
            const panel = this.page.locator('.markers-panel');
            if (await panel.isVisible()) {
                await this.command('View: Hide Panel');
            }
            await panel.waitFor({ state: 'hidden', timeout: 2000 });
            return true;
        });
    }

    async focusEditor(): Promise<void> {
        await this.keys('Control+1');
    }

    /** Does the code action with a title, at the cursor. */
    async action(title: string | RegExp): Promise<void> {
        const row = this.page.locator('.action-widget .monaco-list-row', { hasText: title }).first();
        await this.menuOf('Control+.', row);
        // Until the pointer moves, an older window takes it for the one that opened the menu.
        await row.hover({ force: true });
        await row.click();
    }

    /** The menu closes if the editor loses the focus while it opens: asks again. */
    async menuOf(key: string, row: Locator): Promise<void> {
        await eventually('the menu of code actions', async () => {
            await this.focusEditor();
            await this.keys(key);
            try {
                await row.waitFor({ timeout: 20_000 });
                return true;
            } catch {
                await this.keys('Escape');
                return false;
            }
        });
    }

    /** Applies the refactoring whose preview is shown, and saves what it leaves unsaved until `done` holds on disk. */
    async preview(picture: string, done: () => boolean): Promise<void> {
        const apply = this.page.locator('.monaco-button', { hasText: /^Apply$/ }).first();
        await apply.waitFor();
        await this.picture(picture);
        await apply.click();
        await apply.waitFor({ state: 'hidden' });
        await eventually('the refactoring to be on disk', async () => {
            if (await this.page.locator('.tab.dirty').count()) {
                await this.saveAll();
            }
            return done();
        });
    }

    get squiggle(): Locator {
        return this.page.locator('.editor-instance .squiggly-error');
    }

    async saveAll(): Promise<void> {
        await this.command('File: Save All Files');
    }

    /** Waits for the notification with a text, in the notification centre: a driven window shows none on its own. */
    async notified(text: string | RegExp): Promise<Locator> {
        const centre = this.page.locator('.notifications-center');
        const message = centre.locator('.notification-list-item', { hasText: text }).first();
        await eventually(`the notification ${text}`, async () => {
            if (!(await centre.isVisible())) {
                await this.command('Notifications: Show Notifications');
            }
            await message.waitFor({ timeout: 5000 });
            return true;
        });
        return message;
    }

    /** A view of the side bar, by its title. */
    tree(title: string): Locator {
        return this.page.locator('.pane', { has: this.page.locator('.pane-header', { hasText: title }) });
    }

    /** Chooses from the context menu of a row. */
    async menu(row: Locator, title: string): Promise<void> {
        const entry = this.page.locator('.context-view .action-item:visible', { hasText: title }).first();
        await eventually(`the menu with ${title}`, async () => {
            await row.click({ button: 'right' });
            try {
                await entry.waitFor({ timeout: 5000 });
                return true;
            } catch {
                await this.keys('Escape');
                return false;
            }
        });
        await entry.hover();
        await entry.click();
    }

    /** What a webview shows. */
    get webview(): FrameLocator {
        return this.page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');
    }

    get status(): Locator {
        return this.page.locator('.statusbar-item');
    }
}
