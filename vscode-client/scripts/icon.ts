/** Draws images/icon.png from images/icon.svg: `CHROMIUM=... node scripts/icon.ts`. */
import fs from 'node:fs';
import { chromium } from 'playwright-core';

const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
});
const page = await browser.newPage({ viewport: { width: 256, height: 256 } });
const svg = fs.readFileSync('images/icon.svg', 'utf8');
await page.setContent(`<style>body{margin:0}</style>${svg}`);
await page.screenshot({ path: 'images/icon.png', omitBackground: true });
await browser.close();
