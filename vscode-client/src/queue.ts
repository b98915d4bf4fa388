/** Runs one job at a time. Whoever asks while one waits gets that one: what it will see is new enough. */
export class Queue {
    private running: Promise<void> | undefined;
    private waiting: Promise<void> | undefined;
    private readonly job: () => Promise<void>;

    constructor(job: () => Promise<void>) {
        this.job = job;
    }

    run(): Promise<void> {
        if (this.running === undefined) {
            this.running = this.job().finally(() => {
                this.running = undefined;
            });
            return this.running;
        }
        this.waiting ??= this.running
            .catch(() => {})
            .then(() => {
                this.waiting = undefined;
                return this.run();
            });
        return this.waiting;
    }
}

/** Tells a crash now and then from a server that cannot live. */
export class Crashes {
    private times: number[] = [];
    private readonly most: number;
    private readonly window: number;

    constructor(most = 3, window = 180_000) {
        this.most = most;
        this.window = window;
    }

    /** Counts a crash at a time in milliseconds; true where a new start is worth it. */
    another(now: number): boolean {
        this.times = [...this.times.filter(each => now - each < this.window), now];
        return this.times.length <= this.most;
    }

    forget(): void {
        this.times = [];
    }
}
