import { setTimeout as pause } from 'node:timers/promises';

/** Milliseconds to wait for anything before it counts as not happening; nothing is asserted about how long it took. */
export const PATIENCE = 180_000;

/** Asks again and again until something holds. */
export async function eventually(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
    const end = Date.now() + PATIENCE;
    let last: unknown;
    while (Date.now() < end) {
        try {
            if (await holds()) {
                return;
            }
            last = undefined;
        } catch (error) {
            last = error;
        }
        await pause(50);
    }
    throw new Error(`waited in vain for ${what}`, { cause: last });
}
