// What the page is given: the structures of timeline_diagram.py, whose docstrings say what they mean. tests/report/ compares the two.

type RowKind =
  | "module" | "table" | "rejected" | "reused" | "migrations" | "migrated" | "migrations-failed" | "failed"
  | "entry-failed" | "ended" | "entry-ended" | "create-all" | "query" | "cleared" | "swallowed" | "reserved" | "logging" | "cut" | "process";

interface DiagramFile {
  path: string;
  uri: string;
}

interface DiagramStep {
  file: number;
  line: number;
  column: number;
  text: string;
}

interface DiagramRow {
  kind: RowKind;
  name: string;
  file: number;
  line: number;
  column: number;
  detail?: string;
  parent?: number;
  certain?: boolean;
  via?: DiagramStep[];
  other?: number;
}

interface DiagramMark {
  finding: number;
  row: number;
  steps: number[];
}

interface DiagramLane {
  target: string;
  kind: string;
  how: string;
  rows: DiagramRow[];
  marks: DiagramMark[];
}

interface DiagramFinding {
  rule: string;
  severity: string;
  certain: boolean;
  message: string;
  url: string;
  place: DiagramStep;
  steps: DiagramStep[];
}

interface DiagramFocus {
  uri: string;
  line: number;
}

interface TimelineDiagram {
  version: string;
  files: DiagramFile[];
  findings: DiagramFinding[];
  lanes: DiagramLane[];
  editor: string;
  focus: DiagramFocus | null;
}

/** A place in a file of the picture. */
type Place = Pick<DiagramStep, "file" | "line" | "column">;

/** What is visible as one: a row with its inside folded or above it, or a run of dull rows (`group`); `end` is the row behind. */
interface Item {
  row: number;
  end: number;
  group: number[] | null;
  /** Its place among its siblings, from 1, and how many they are. */
  position: number;
  size: number;
}

/** How to show what is selected: in the middle if it was out of sight, or always there; `quiet` tells nobody. */
interface Showing {
  middle?: boolean | "always";
  quiet?: boolean;
}

/** The elements that the page begins with, by their ids. */
interface PageElements {
  rows: HTMLElement;
  space: HTMLElement;
  overview: HTMLCanvasElement;
  lane: HTMLSelectElement;
  "lane-label": HTMLElement;
  title: HTMLElement;
  summary: HTMLElement;
  search: HTMLInputElement;
  hits: HTMLElement;
  in: HTMLElement;
  out: HTMLElement;
  fit: HTMLElement;
  help: HTMLElement;
  crumbs: HTMLElement;
  legend: HTMLElement;
  panes: HTMLElement;
  findings: HTMLElement;
  details: HTMLElement;
  keys: HTMLDialogElement;
  "key-list": HTMLElement;
  picture: HTMLElement;
}

/** There inside a webview of VS Code. */
declare const acquireVsCodeApi: undefined | (() => { postMessage(message: object): void });
