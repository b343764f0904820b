/** The page: controls on one side, the generator on the other. */
import { latents, latentWays } from "../random/latents.ts";
import { numElements } from "../common/shape.ts";
import { encodeNpy } from "../common/files/npy.ts";
import type { About } from "./about.ts";
import { type Draw, openGenerator } from "./drawer.ts";
import { type Pixels, plot, tiles } from "./picture.ts";

const NUM_IMAGES = 36;
const NUM_POINTS = 2_500;
const GRID_COLS = 6;
const NUM_WAYS = 4;
/** Points of a way: the slider's stops. */
const WAY_STEPS = 101;

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

class App {
  readonly #about: About;
  readonly #draw: Draw;
  readonly #seed = element<HTMLInputElement>("seed");
  readonly #way = element<HTMLInputElement>("way");
  readonly #status = element("status");
  readonly #images: boolean;
  #drawn = new Float32Array();

  constructor(about: About, draw: Draw) {
    this.#about = about;
    this.#draw = draw;
    this.#images = about.value_range !== null;
    const failed = (error: unknown) => this.#say(error instanceof Error ? error.message : String(error));
    const samples = newestOf(() => this.#samples(), failed);
    const ways = newestOf(() => this.#ways(), failed);
    const both = () => {
      if (!this.#seed.validity.valid || this.#seed.value === "") {
        return this.#say("A seed is a whole number of 0 or more");
      }
      samples();
      if (this.#images) ways();
    };
    this.#seed.addEventListener("input", both);
    this.#way.addEventListener("input", ways);
    element("next").addEventListener("click", () => {
      this.#seed.value = String(Number(this.#seed.value) + 1);
      both();
    });
    element("save").addEventListener("click", () => this.#save());
    element("ways").hidden = !this.#images;
    element<HTMLFieldSetElement>("controls").disabled = false;
    both();
  }

  #say(text: string): void {
    this.#status.textContent = text;
  }

  async #samples(): Promise<void> {
    const { latent } = this.#about;
    const seed = Number(this.#seed.value);
    const count = this.#images ? NUM_IMAGES : NUM_POINTS;
    const started_ms = performance.now();
    this.#drawn = await this.#draw(latents(seed, count, latent));
    show(element("grid"), this.#images ? tiles(this.#drawn, this.#about, GRID_COLS) : plot(this.#drawn));
    this.#say(`${count} samples of seed ${seed}, drawn in ${Math.round(performance.now() - started_ms)} ms`);
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
    show(element("between"), tiles(await this.#draw(noise), this.#about, NUM_WAYS));
    this.#way.setAttribute("aria-valuetext", `${step} % of the way`);
  }

  /** The values as `deno task sample --npy` writes them. */
  #save(): void {
    const { example_shape } = this.#about;
    const size = numElements(example_shape);
    const bytes = encodeNpy(this.#drawn, [this.#drawn.length / size, ...example_shape]);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes]));
    link.download = `samples-${this.#seed.value}.npy`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
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
  new App(about, await openGenerator(about.latent, size));
} catch (error) {
  element("status").textContent = error instanceof Error ? error.message : String(error);
}
