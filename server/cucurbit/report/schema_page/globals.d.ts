// What the page is given besides its own scripts: dagre (hatch_build.py), and VS Code where it runs in a webview.

declare const dagre: any;
declare function acquireVsCodeApi(): { postMessage(message: unknown): void };
