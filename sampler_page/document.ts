/** The page's HTML and style. */
import { type About, FILES } from "./about.ts";

/** A module that the page imports by name. */
export interface Linked {
  readonly name: string;
  /** Its address: a file beside the page, or a data: address. */
  readonly address: string;
}

const STYLE = `
:root { color-scheme: light dark; }
:root[data-theme=light] { color-scheme: light; } :root[data-theme=dark] { color-scheme: dark; }
:root { --page: light-dark(#ffffff, #0d1117); --ink: light-dark(#1c2127, #e6edf3); --dim: light-dark(#57606a, #9ea7b3);
  --rule: light-dark(#d8dee4, #30363d); --card: light-dark(#f6f8fa, #161b22); --accent: light-dark(#0550ae, #79c0ff); }
* { box-sizing: border-box; } [hidden] { display: none !important; }
body { margin: 0 auto; max-width: 66rem; padding: 1.5rem clamp(1rem, 4vw, 2rem) 3rem; background: var(--page);
  color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
header { display: flex; gap: 1rem; align-items: start; justify-content: space-between; }
h1 { font-size: clamp(1.3rem, 4vw, 1.75rem); line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 0 0 0.5rem; } p { margin: 0.4rem 0; } .dim { color: var(--dim); }
fieldset { border: 0; margin: 1.25rem 0 0.5rem; padding: 0; display: flex; flex-wrap: wrap; gap: 0.6rem; align-items: end;
  min-width: 0; }
.columns { display: grid; grid-template-columns: minmax(0, 1.4fr) minmax(0, 1fr); gap: 2rem; align-items: start; }
.side { display: grid; gap: 1.75rem; } #directions { display: grid; margin: 0; gap: 0.4rem; align-items: start; }
#directions button { justify-self: start; }
@media (max-width: 46rem) { .columns { grid-template-columns: minmax(0, 1fr); } }
label { display: grid; gap: 0.25rem; color: var(--dim); font-size: 0.9rem; }
input[type=number], select, button { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--rule);
  border-radius: 8px; padding: 0.5rem 0.9rem; min-height: 2.75rem; }
input[type=number] { width: 9rem; } button { cursor: pointer; } button:hover { border-color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
input[type=range] { width: 100%; height: 2.75rem; accent-color: var(--accent); margin: 0; }
canvas.paper { image-rendering: auto; border-radius: 0; background: none; } :root[data-theme=dark] .paper { filter: invert(1) hue-rotate(180deg); mix-blend-mode: screen; }
@media (prefers-color-scheme: dark) { :root:not([data-theme=light]) .paper { filter: invert(1) hue-rotate(180deg); mix-blend-mode: screen; } }
canvas { width: 100%; display: block; image-rendering: pixelated; border-radius: 8px; background: var(--card); }
code { font-family: ui-monospace, monospace; font-size: 0.9em; overflow-wrap: anywhere; }
.warn { border-left: 4px solid var(--accent); padding-left: 0.75rem; }
`;

/** Said where the page was opened as a file, from which a browser loads nothing further. */
const AS_FILE = `if (location.protocol === "file:") document.getElementById("as-file").hidden = false;`;

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** JSON that may lie in a script element. */
function json(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

/** Said of a page whose files lie beside it. */
const AS_FILE_HTML = `<p class="warn" id="as-file" hidden>This page was opened as a file, and
browsers do not let such a page load other files. Put its folder on a web server, for example with
<code>python3 -m http.server</code>, or make a page that is a single file:
<code>deno task page RUN --single page.html</code>.</p><script>${AS_FILE}</script>`;

/** Controls that move the samples. */
const CONTROLS = `<div class="side">
<section aria-labelledby="directions-title">
<h2 id="directions-title">Move all samples</h2>
<p class="dim">Moves them in latent space, along the directions in which they change most.</p>
<fieldset id="directions" disabled aria-labelledby="directions-title"></fieldset>
<button type="button" id="reset">Reset</button>
</section>
<section id="ways" hidden>
<h2>Interpolation</h2>
<p class="dim">Changes four samples gradually into four others.</p>
<canvas id="between" role="img" aria-label="Interpolated samples" width="4" height="1"></canvas>
<label>From the first to the second<input type="range" id="way" min="0" max="100" value="50"></label>
</section>
</div>`;

/** `packed`: files that lie in the page, gzip'ed, in base64; without them they lie beside it. */
export function pageDocument(
  about: About,
  linked: readonly Linked[],
  packed: ReadonlyMap<string, string> | null,
): string {
  const imports = Object.fromEntries(linked.map(({ name, address }) => [name, address]));
  const inside = [...packed ?? []].map(([name, text]) =>
    `<script type="text/plain" id="${name}">${text}</script>`
  );
  const as_file = packed ? "" : AS_FILE_HTML;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(about.name)}: samples</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
<script type="importmap">${json({ imports })}</script>
</head>
<body>
<header><h1>${escaped(about.name)}</h1><button type="button" id="theme">Dark</button></header>
<main>
<p class="dim">${escaped(about.what)}. The generator runs here, in your browser; nothing is sent anywhere.</p>
${as_file}<noscript><p class="warn">This page draws with JavaScript, which is switched off.</p></noscript>
<fieldset id="controls" disabled>
<label>Seed<input type="number" id="seed" value="1" min="0" max="${Number.MAX_SAFE_INTEGER}" step="1"></label>
<button type="button" id="next">Next seed</button>
<label id="classes" hidden>Class<select id="class"></select></label>
<button type="button" id="link">Copy link</button>
<button type="button" id="png">Save picture (.png)</button>
<button type="button" id="save">Save values (.npy)</button>
</fieldset>
<p class="dim" role="status" id="status">Loading ${FILES.generator} and ONNX Runtime …</p>
<div class="columns">
<canvas id="grid" role="img" aria-label="Samples of the seed" width="6" height="6"></canvas>
${CONTROLS}
</div>
<p class="dim"><code>deno task sample --seed N</code> draws the same samples, except for rounding. The address of
this page contains the seed and the sliders.</p>
</main>
<script type="application/json" id="about">${json(about)}</script>
${inside.join("\n")}
<script type="module">import "wagon/sampler_page/app.js";</script>
</body>
</html>
`;
}

/** Names of ONNX Runtime in our modules. */
export const RUNTIME_MODULE = "onnxruntime-web/wasm";
