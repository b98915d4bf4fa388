/** What the server says beyond the protocol; `server/cucurbit/lsp/registration_view.py` and `status.py` are the source. */

export type TreeName = 'timelines' | 'tables';

/** A node of a tree; its `id` leads to it from the folder's root on. */
export interface TreeNode {
    readonly id: readonly string[];
    readonly kind: string;
    readonly label: string;
    readonly description: string;
    readonly tooltip: string;
    readonly certain: boolean;
    readonly alarm: '' | 'warning' | 'error';
    readonly hasChildren: boolean;
    readonly expanded: boolean;
    readonly uri: string;
    /** Line and character, both from 0. */
    readonly start: readonly [number, number];
    readonly end: readonly [number, number];
    readonly root?: string;
    /** The key of the table and the target of the entry point that it is about, empty if none. */
    readonly table?: string;
    readonly entry?: string;
}

export interface Nodes {
    readonly nodes: readonly TreeNode[];
}

export interface Analysing {
    readonly root: string;
    readonly done: number;
    readonly total: number;
    readonly entry: string;
}

export interface Analysed {
    readonly root: string;
    readonly entryPoints: number;
    readonly tables: number;
    /** By severity. */
    readonly findings: Readonly<Record<string, number>>;
    readonly failure: string;
    /** Mapped classes and tables in the files; how many an entry point registers; how many have an unknown name. */
    readonly declared?: number;
    readonly registered?: number;
    readonly unnamed?: number;
    /** Which entry points end early, and which environments register nothing. */
    readonly notes?: readonly string[];
}

/** What an aggregator would be; `obstacle` says why there will be none. */
export interface Proposal {
    readonly path: string;
    readonly style: string;
    readonly modules: number;
    readonly obstacle: string;
}

export interface Applied {
    readonly applied: boolean;
    readonly reason: string;
    readonly title?: string;
}

/** The answer to TIMELINE_PAGE and to SCHEMA_PAGE. */
export interface Page {
    readonly title: string;
    readonly entry: string;
    readonly html: string;
}

/** The answer to REACH: a chain, without steps if it is gone. */
export interface Reach {
    readonly title: string;
    readonly steps: readonly {
        readonly text: string;
        readonly uri: string;
        readonly start: readonly [number, number];
        readonly end: readonly [number, number];
    }[];
}

export const CHILDREN = 'cucurbit.registrationChildren';
export const PATH = 'cucurbit.registrationPath';
export const TIMELINE_PAGE = 'cucurbit.timelinePage';
export const SCHEMA_PAGE = 'cucurbit.schemaPage';
export const PROPOSE_AGGREGATOR = 'cucurbit.proposeAggregator';
export const CREATE_AGGREGATOR = 'cucurbit.createAggregator';
export const REACH = 'cucurbit.reach';
