/** The style sheet of the report: light or dark as the reader's system is, readable on a phone and on paper. */

export const STYLE = `
:root { color-scheme: light dark;
  --page: #ffffff; --ink: #1c2127; --dim: #57606a; --rule: #d8dee4; --card: #f6f8fa; --warn: #8a4600;
  --good: #116329; --bad: #a40e26; --c0: #0550ae; --c1: #bc4c00; --c2: #116329; --c3: #8250df; --c4: #a40e26; --c5: #6e5300; }
@media (prefers-color-scheme: dark) { :root {
  --page: #0d1117; --ink: #e6edf3; --dim: #9ea7b3; --rule: #30363d; --card: #161b22; --warn: #f0b072;
  --good: #7ee787; --bad: #ff9492; --c0: #79c0ff; --c1: #ffa657; --c2: #7ee787; --c3: #d2a8ff; --c4: #ff9492; --c5: #e3c878; } }
* { box-sizing: border-box; } [hidden] { display: none !important; }
body { margin: 0 auto; max-width: 110rem; padding: 1.5rem clamp(1rem, 4vw, 2.5rem) 4rem; background: var(--page);
  color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
header { border-bottom: 1px solid var(--rule); margin-bottom: 1.5rem; padding-bottom: 0.75rem; }
h1 { font-size: clamp(1.4rem, 3vw, 1.9rem); line-height: 1.25; margin: 0.25rem 0; overflow-wrap: anywhere; text-wrap: balance; }
h2 { font-size: 1.25rem; margin: 2.25rem 0 0.75rem; } summary { cursor: pointer; color: var(--dim); margin: 0.5rem 0; } h3 { font-size: 1rem; margin: 0 0 0.5rem; overflow-wrap: anywhere; }
p { margin: 0.4rem 0; max-width: 70ch; } .dim, figcaption, thead th, tbody th { color: var(--dim); }
.about, .winner { font-size: 1.05rem; } .winner { max-width: none; }
.verdict { border-left: 4px solid var(--rule); padding: 0.1rem 0 0.1rem 1rem; font-size: 1.05rem; }
.verdict.good { border-color: var(--good); } .verdict.bad { border-color: var(--bad); }
.scroll { overflow-x: auto; } .scroll:focus-visible, input:focus-visible { outline: 2px solid var(--c0); outline-offset: 2px; }
table { border-collapse: collapse; font-size: 0.9rem; width: 100%; }
th, td { padding: 0.35rem 1.25rem 0.35rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule); }
tbody tr:last-child > * { border-bottom: none; } thead th { border-bottom-width: 2px; }
th { font-weight: 600; } td { font-variant-numeric: tabular-nums; } td.n, th.n { text-align: right; } td.n { white-space: nowrap; }
.runs { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1rem; }
.runs.wide { grid-template-columns: repeat(auto-fit, minmax(min(100%, 44rem), 1fr)); }
.runs > article { min-width: 0; }
.runs > article:not(:only-child) { background: var(--card); border: 1px solid var(--rule); border-radius: 10px;
  padding: 1rem 1.25rem; }
.animation, .picture { max-width: 58rem; } .animation img, .picture img { width: 100%; border-radius: 4px; }
.sides { display: grid; grid-auto-flow: column; grid-auto-columns: 1fr; gap: 1rem; text-align: center; color: var(--dim);
  font-size: 0.85rem; max-width: none; }
.key { display: flex; gap: 1.25rem; color: var(--dim); font-size: 0.85rem; }
.key span::before { content: ""; display: inline-block; width: 0.65rem; height: 0.65rem; margin-right: 0.4rem; border-radius: 50%;
  background: #4a7ab5; } .key .generated::before { background: #d6481c; }
.animation.paper img { image-rendering: auto; border-radius: 0; max-width: 40rem; }
@media (prefers-color-scheme: dark) { .animation.paper img { filter: invert(1) hue-rotate(180deg); mix-blend-mode: screen; } }
.animation label { display: block; margin-top: 0.5rem; }
.note { border-left: 4px solid var(--rule); padding-left: 0.75rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1rem; }
svg.narrow { display: none; } @media (max-width: 32rem) { svg.narrow { display: block; } svg.wide { display: none; } }
figure { margin: 0; } .charts figure { padding: 0.75rem 1rem; background: var(--card); border: 1px solid var(--rule);
  border-radius: 10px; min-width: 0; }
figcaption { font-size: 0.9rem; margin: 0.25rem 0; } figcaption small { display: block; font-weight: 400; } .charts figcaption { font-weight: 600; color: var(--ink); } figcaption small { color: var(--dim); }
svg { width: 100%; height: auto; display: block; } svg text { font-size: 12px; fill: var(--dim); }
.grid { stroke: var(--rule); stroke-width: 1; } .zero { stroke: var(--dim); }
.line { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.line.dashed { stroke-dasharray: 6 5; }
${[0, 1, 2, 3, 4, 5].map((i) => `.c${i} { color: var(--c${i}); }`).join(" ")}
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; margin: 0.25rem 0 0; padding: 0;
  font-size: 0.85rem; }
.legend span { display: inline-block; width: 1.2em; height: 3px; margin-right: 0.4em; vertical-align: middle;
  background: currentColor; }
.legend .dashed span { background: repeating-linear-gradient(90deg, currentColor 0 5px, transparent 5px 8px); }
img { max-width: 100%; height: auto; display: block; image-rendering: pixelated; background: #fff; }
input[type=range] { width: 100%; margin: 0.5rem 0 0; accent-color: var(--c0); height: 1.5rem; }
.finding { border-left: 4px solid var(--warn); padding: 0.25rem 0 0.25rem 1rem; margin: 0.75rem 0; }
.finding code { color: var(--warn); font-weight: 600; }
.bar { display: inline-block; height: 0.7em; background: var(--c0); border-radius: 2px; min-width: 1px; }
code { font-family: ui-monospace, monospace; font-size: 0.9em; overflow-wrap: anywhere; }
.option { white-space: nowrap; }
@media print { body { max-width: none; } figure, article { break-inside: avoid; } }
`;

/** Moves through the pictures of a run. Without it the last one is shown. */
export const SCRIPT = `
for (const animation of document.querySelectorAll(".animation")) {
  const slider = animation.querySelector("input");
  const pictures = [...animation.querySelectorAll("img")];
  const said = animation.querySelector("output");
  const show = () => {
    pictures.forEach((picture, i) => picture.hidden = i !== Number(slider.value));
    said.textContent = pictures[slider.value].alt;
    slider.setAttribute("aria-valuetext", said.textContent);
  };
  slider.hidden = false;
  slider.addEventListener("input", show);
  show();
}
`;
