/** The page: controls, and the generator that they move. */
import { exampleKind } from "../common/example_kind.ts";
import { labelsByClass } from "../common/labels/class_labels.ts";
import { encodeNpy } from "../common/files/npy.ts";
import { unscaled } from "../common/values/scaling.ts";
import { numElements } from "../common/shape.ts";
import { latents, latentWays } from "../random/latents.ts";
import type { About } from "./about.ts";
import { principalDirections } from "./directions.ts";
import { type Draw, openGenerator } from "./drawer.ts";
import { type Pixels, pixelsOf, tiles } from "./picture.ts";
import { hashOf, type Place, placeIn, REACH } from "./place.ts";
import { saveBytes, savePng } from "./save.ts";

/** Samples of each kind: as many as are looked at. */
const NUM_SAMPLES = { images: 36, series: 36, points: 2_500, table: 1_000 } as const;
const NUM_WAYS = 4;
/** Rows of a grid of several classes, and samples of each. */
const MOST_CLASSES = 10;
const CLASS_SAMPLES = 6;
/** Points of a way: the slider's stops. */
const WAY_STEPS = 101;
const MAX_DIRECTIONS = 3;
/** Directions are found from as many samples, always of this seed, so that a link means the same everywhere. */
const NUM_PROBES = 256;
const PROBE_SEED = 0;

function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page must have an element ${id}: found none`);
  return found as T;
}

function show(canvas: HTMLCanvasElement, { width, height, data }: Pixels): void {
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")!.putImageData(new ImageData(data, width, height), 0, 0);
}

/** Does the newest of what is asked while one is under way, and leaves out those between. */
function newestOf(work: () => Promise<void>, failed: (error: unknown) => void): () => void {
  let running = false, again = false;
  return async () => {
    again = true;
    if (running) return;
    running = true;
    while (again) {
      again = false;
      await work().catch(failed);
    }
    running = false;
  };
}

/** A slider for each direction of the noise. */
function makeSliders(count: number, moved: () => void): HTMLInputElement[] {
  return Array.from({ length: count }, (_, k) => {
    const slider = document.createElement("input");
    Object.assign(slider, {
      type: "range",
      id: `along-${k + 1}`,
      min: -REACH,
      max: REACH,
      step: 0.1,
      value: 0,
    });
    slider.addEventListener("input", moved);
    const label = document.createElement("label");
    label.append(`Direction ${k + 1}`, slider);
    element("directions").append(label);
    return slider;
  });
}

/** The choice of a class: its name, or several. */
function fillClasses(select: HTMLSelectElement, class_names: readonly string[]): void {
  element("classes").hidden = class_names.length === 0;
  const shown = class_names.length > MOST_CLASSES ? `The first ${MOST_CLASSES} classes` : "All classes";
  select.append(new Option(shown, ""), ...class_names.map((name, i) => new Option(name, String(i))));
}

class App {
  readonly #about: About;
  readonly #draw: Draw;
  readonly #class = element<HTMLSelectElement>("class");
  /** Names of the classes; none where the generator takes no labels. */
  readonly #class_names: readonly string[];
  readonly #seed = element<HTMLInputElement>("seed");
  readonly #way = element<HTMLInputElement>("way");
  readonly #sliders: readonly HTMLInputElement[];
  readonly #images: boolean;
  /** True if it is drawn on white paper, in its own scale. */
  readonly #paper: boolean;
  readonly #kind_count: number;
  /** Samples that stay the same, and directions found from them, each when first needed: it takes a while. */
  #probes: Promise<Float32Array> | null = null;
  #directions: Promise<Float32Array> | null = null;
  #drawn = new Float32Array();

  constructor(about: About, draw: Draw) {
    this.#about = about;
    this.#draw = draw;
    const kind = exampleKind(about);
    this.#images = kind === "images";
    this.#paper = kind === "series" || kind === "table";
    this.#kind_count = NUM_SAMPLES[kind];
    this.#class_names = about.class_names ?? [];
    fillClasses(this.#class, this.#class_names);
    const changed = this.#changes();
    this.#sliders = makeSliders(Math.min(MAX_DIRECTIONS, about.latent), changed);
    this.#listen(changed);
    element("ways").hidden = !this.#images;
    element("grid").classList.toggle("paper", this.#paper);
    this.#go(placeIn(location.hash, this.#sliders.length, this.#class_names.length));
    element<HTMLFieldSetElement>("controls").disabled = false;
    element<HTMLFieldSetElement>("directions").disabled = false;
    changed();
  }

  /** Updates the page after a change of seed or sliders. */
  #changes(): () => void {
    const samples = newestOf(() => this.#samples(), (error) => this.#failed(error));
    const ways = newestOf(() => this.#ways(), (error) => this.#failed(error));
    this.#way.addEventListener("input", ways);
    return () => {
      if (!this.#seed.validity.valid || this.#seed.value === "") {
        return this.#say("A seed is a whole number, 0 or more");
      }
      this.#remember();
      samples();
      if (this.#images) ways();
    };
  }

  #listen(changed: () => void): void {
    this.#seed.addEventListener("input", changed);
    this.#class.addEventListener("change", () => {
      this.#forgetProbes();
      changed();
    });
    element("next").addEventListener("click", () => {
      this.#seed.value = String(Number(this.#seed.value) + 1);
      changed();
    });
    element("reset").addEventListener("click", () => {
      for (const slider of this.#sliders) slider.value = "0";
      changed();
    });
    element("save").addEventListener("click", () => this.#save());
    element("png").addEventListener("click", () => {
      const canvas = element<HTMLCanvasElement>("grid");
      savePng(canvas, `samples-${this.#seed.value}.png`).catch((error) => this.#failed(error));
    });
    element("link").addEventListener("click", () => this.#copyLink());
    addEventListener("hashchange", () => {
      this.#go(placeIn(location.hash, this.#sliders.length, this.#class_names.length));
      changed();
    });
  }

  get #place(): Place {
    const label = this.#class.value === "" ? null : Number(this.#class.value);
    return { seed: Number(this.#seed.value), along: this.#sliders.map(({ value }) => Number(value)), label };
  }

  #go({ seed, along, label }: Place): void {
    this.#seed.value = String(seed);
    this.#class.value = label === null ? "" : String(label);
    this.#forgetProbes();
    this.#sliders.forEach((slider, k) => slider.value = String(along[k]));
  }

  /** The address always says what is shown. */
  #remember(): void {
    history.replaceState(null, "", hashOf(this.#place));
  }

  #say(text: string): void {
    element("status").textContent = text;
  }

  #failed(error: unknown): void {
    this.#say(error instanceof Error ? error.message : String(error));
  }

  /** Classes that are shown; none where the generator takes no labels. */
  get #classes(): readonly number[] {
    const { label } = this.#place;
    return label !== null ? [label] : [...this.#class_names.keys()].slice(0, MOST_CLASSES);
  }

  /** Samples of the grid: several classes have a row each, where rows are seen. */
  get #count(): number {
    const { length } = this.#classes;
    return this.#images && length > 1 ? length * CLASS_SAMPLES : this.#kind_count;
  }

  /** Each class has directions of its own. */
  #forgetProbes(): void {
    this.#probes = null;
    this.#directions = null;
  }

  #probe(): Promise<Float32Array> {
    const noise = latents(PROBE_SEED, NUM_PROBES, this.#about.latent);
    return this.#probes ??= this.#draw(noise, labelsByClass(this.#classes, NUM_PROBES));
  }

  async #findDirections(): Promise<Float32Array> {
    const { latent } = this.#about;
    const noise = latents(PROBE_SEED, NUM_PROBES, latent);
    return principalDirections(noise, await this.#probe(), latent, this.#sliders.length);
  }

  /** The noise of the seed, moved along the directions. */
  async #noise({ seed, along }: Place): Promise<Float32Array> {
    const { latent } = this.#about;
    const noise = latents(seed, this.#count, latent);
    if (along.every((value) => value === 0)) return noise;
    const directions = await (this.#directions ??= this.#findDirections());
    return noise.map((value, i) =>
      along.reduce((sum, far, k) => sum + far * directions[k * latent + i % latent]!, value)
    );
  }

  async #samples(): Promise<void> {
    const place = this.#place;
    const started_ms = performance.now();
    const labels = labelsByClass(this.#classes, this.#count);
    this.#drawn = await this.#draw(await this.#noise(place), labels);
    const scale_by = this.#paper ? await this.#probe() : this.#drawn;
    show(element("grid"), pixelsOf(this.#drawn, this.#about, scale_by));
    const took_ms = Math.round(performance.now() - started_ms);
    const moved = place.along.some((value) => value !== 0) ? ", moved" : "";
    this.#say(
      `${
        this.#drawn.length / numElements(this.#about.example_shape)
      } samples of seed ${place.seed}${moved}, drawn in ${took_ms} ms`,
    );
  }

  async #ways(): Promise<void> {
    const { latent } = this.#about;
    const all = latentWays(Number(this.#seed.value), NUM_WAYS, latent, WAY_STEPS);
    const step = Number(this.#way.value);
    const noise = new Float32Array(NUM_WAYS * latent);
    for (let way = 0; way < NUM_WAYS; way++) {
      const from = (way * WAY_STEPS + step) * latent;
      noise.set(all.subarray(from, from + latent), way * latent);
    }
    const labels = labelsByClass(this.#classes, NUM_WAYS);
    show(element("between"), tiles(await this.#draw(noise, labels), this.#about, NUM_WAYS));
    this.#way.setAttribute("aria-valuetext", `${step} % of the way`);
  }

  /** The values as `deno task sample --npy` writes them. */
  #save(): void {
    const { example_shape } = this.#about;
    const size = numElements(example_shape);
    const bytes = encodeNpy(this.#drawn, [this.#drawn.length / size, ...example_shape]);
    saveBytes(new Uint8Array(bytes), `samples-${this.#seed.value}.npy`);
  }

  async #copyLink(): Promise<void> {
    this.#remember();
    // Only a page of this machine, or one over https, may write to the clipboard.
    const done = await navigator.clipboard?.writeText(location.href).then(() => true, () => false) ?? false;
    this.#say(done ? "The link is copied" : "The link is in the address bar: copy it from there");
  }
}

function followTheme(): void {
  const button = element("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const now = () => document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");
  const tell = () => button.textContent = now() === "dark" ? "Light" : "Dark";
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = now() === "dark" ? "light" : "dark";
    tell();
  });
  dark.addEventListener("change", tell);
  tell();
}

followTheme();
try {
  const about = JSON.parse(element("about").textContent!) as About;
  const size = numElements(about.example_shape);
  const draw = await openGenerator(about.latent, size);
  const { scaling } = about;
  new App(about, scaling ? async (...asked) => unscaled(await draw(...asked), scaling, size) : draw);
} catch (error) {
  element("status").textContent = error instanceof Error ? error.message : String(error);
}
