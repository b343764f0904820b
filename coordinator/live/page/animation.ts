/** The pictures of the run, one after the other: a slider over time, which follows the newest unless it was moved. */
import type { ExampleKind } from "../../../common/example_kind.ts";
import { count, figure } from "../../../inspect/numbers.ts";
import type { SampleView } from "../view.ts";
import { byId, make, setText } from "./dom.ts";

const FRAME_MS = 220;

export class SampleAnimation {
  readonly #slider = byId<HTMLInputElement>("animation-slider");
  readonly #image = byId<HTMLImageElement>("animation-image");
  readonly #large = byId<HTMLDialogElement>("animation-large");
  readonly #button = byId<HTMLButtonElement>("animation-play");
  /** Local addresses of the pictures that are here: so the animation can be played when the coordinator is gone. */
  readonly #pictures = new Map<number, string>();
  #samples: readonly SampleView[] = [];
  #run_name = "run";
  #follows = true;
  #fetching = false;
  #playing: ReturnType<typeof setInterval> | null = null;

  constructor() {
    this.#slider.addEventListener("input", () => {
      this.#stop();
      this.#follows = this.#slider.value === this.#slider.max;
      this.#show();
    });
    this.#button.addEventListener("click", () => this.#playing === null ? this.#play() : this.#stop());
    byId("animation-open").addEventListener("click", () => this.#large.showModal());
    for (const id of ["animation-close", "animation-large-image"]) {
      byId(id).addEventListener("click", () => this.#large.close());
    }
  }

  /** The kind of this run's pictures, and the name of their files. */
  describe(kind: ExampleKind, run_name: string): void {
    this.#run_name = run_name;
    const key = byId("animation-key");
    const over = kind === "points" || kind === "table";
    key.className = `key ${over ? "over" : "sides"}`;
    key.replaceChildren(make("span", {}, "data"), make("span", { class: "generated" }, "generated"));
    // Lines and dots on white paper turn to light on dark with the page; photographs must not.
    for (const id of ["animation-open", "animation-large"]) {
      byId(id).classList.toggle("paper", kind !== "images");
    }
  }

  update(samples: readonly SampleView[]): void {
    const shown = this.#samples[Number(this.#slider.value)]?.step;
    this.#samples = samples;
    const listed = new Set(samples.map(({ step }) => step));
    for (const [step, address] of this.#pictures) {
      if (listed.has(step)) continue;
      URL.revokeObjectURL(address);
      this.#pictures.delete(step);
    }
    const last = Math.max(0, samples.length - 1);
    this.#slider.max = String(last);
    this.#slider.disabled = this.#button.disabled = samples.length < 2;
    // Where pictures have been thinned out, stay as near as may be to the one that was looked at.
    const kept = samples.findLastIndex(({ step }) => shown !== undefined && step <= shown);
    if (this.#playing === null) this.#slider.value = String(this.#follows ? last : Math.max(0, kept));
    this.#show();
    void this.#fetchMissing();
  }

  /** Fetches the pictures that are not here yet, one after the other, the newest first. */
  async #fetchMissing(): Promise<void> {
    if (this.#fetching) return;
    this.#fetching = true;
    const failed = new Set<number>();
    try {
      while (true) {
        const next = this.#samples.findLast(({ step }) => !this.#pictures.has(step) && !failed.has(step));
        if (!next) return;
        const answer = await fetch(`/samples/${next.step}.png${location.search}`).catch(() => null);
        if (answer?.ok) this.#pictures.set(next.step, URL.createObjectURL(await answer.blob()));
        else failed.add(next.step);
        this.#show();
      }
    } finally {
      this.#fetching = false;
    }
  }

  #show(): void {
    const sample = this.#samples[Number(this.#slider.value)];
    if (!sample) return;
    const { step, diversity } = sample;
    const text = `step ${count(step)}${diversity === null ? "" : ` · diversity ${figure(diversity)}`}`;
    setText(byId("animation-step"), text);
    setText(byId("animation-large-step"), text);
    this.#slider.setAttribute("aria-valuetext", `step ${count(step)}`);
    const address = this.#pictures.get(step);
    if (address === undefined || this.#image.src === address) return;
    for (const image of [this.#image, byId<HTMLImageElement>("animation-large-image")]) {
      image.src = address;
      image.alt = `Data and samples of step ${count(step)}`;
    }
    byId("animation-none").hidden = true;
    byId("animation-open").hidden = byId("animation-key").hidden = byId("reel").hidden = false;
    const link = byId<HTMLAnchorElement>("save-picture");
    link.href = address;
    link.download = `${this.#run_name}-step-${step}.png`;
    link.hidden = byId("downloads").hidden = false;
  }

  #play(): void {
    if (this.#slider.value === this.#slider.max) this.#slider.value = "0";
    setText(this.#button, "Pause");
    this.#show();
    this.#playing = setInterval(() => {
      this.#slider.value = String(Number(this.#slider.value) + 1);
      this.#show();
      if (this.#slider.value !== this.#slider.max) return;
      this.#follows = true;
      this.#stop();
    }, FRAME_MS);
  }

  #stop(): void {
    if (this.#playing !== null) clearInterval(this.#playing);
    this.#playing = null;
    setText(this.#button, "Play");
  }
}
