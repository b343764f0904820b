/** The pictures of a report. */
import { exampleKind } from "../../common/example_kind.ts";
import { count, figure } from "../numbers.ts";
import { Html, html } from "./html.ts";
import type { NearestNeighbors, Picture, Reported } from "./reported.ts";

/** Samples that are nearer to the training images than this share of what those are to each other look copied. */
const COPIED = 0.5;

function image({ alt, png }: Picture, hidden = false): Html {
  return html`
    <img alt="${alt}" src="data:image/png;base64,${png.toBase64()}" ${hidden && new Html(" hidden")}>
  `;
}

/** Pictures over time behind a slider. Real examples are part of each picture, to its left or below its points. */
export function animation({ samples, name, best, summary }: Reported): Html {
  if (samples.length === 0) return html`<p class="dim">No pictures.</p>`;
  const last = samples.length - 1;
  const kind = exampleKind(summary.data);
  const over = kind === "points" || kind === "table";
  return html`
    <div
      class="animation${kind === "images" ? "" : " paper"}"><p class="${over
        ? "key"
        : "sides"}"><span class="data">data</span><span class="generated">generated</span></p>${samples.map((
          picture,
          i,
        ) => image(picture, i !== last))}
    <label><span class="dim">${name}: <output>${samples[last]!.alt}</output></span>
    <input type="range" min="0" max="${last}" value="${last}" hidden></label></div>${best &&
      html`<p class="dim">Closest to the data among those measured: step ${count(best.step)}, distance ${
        figure(best.sliced_wasserstein)
      }.</p>`}
  `;
}

/** Ways from one point of the noise to another. */
export function ways({ ways }: Reported): Html {
  if (!ways) return html`<p class="dim">There is no generator.onnx that draws images.</p>`;
  return html`<figure class="picture">${
    image(ways)
  }<figcaption>Each row goes from one point in latent space to another.
A generator that has learned well changes its samples gradually.</figcaption></figure>`;
}

/** In words, what the two distances say. */
function verdict(sample: number, training: number | null): string {
  if (training === null || training === 0) return "There are too few images to judge whether this is close.";
  return sample < COPIED * training
    ? "Samples are much closer to training images than these are to each other: the generator may have memorised some."
    : "Copies would be much closer: there is no sign that the generator memorised images.";
}

/** The training images nearest to some samples, and if they suggest that the generator memorises. */
export function nearestNeighbors(of: NearestNeighbors | null): Html {
  if (!of) return html`<p class="dim">The data are not images.</p>`;
  if ("missing" in of) return html`<p class="note">Not measured. ${of.missing}.</p>`;
  const { picture, num_measured, num_searched, sample_distance, training_distance } = of;
  return html`<figure class="picture">${
    image(picture)
  }<figcaption>First row: samples. Below each: the training images
nearest to it, of ${count(num_searched)}.</figcaption></figure>
<p>A sample is ${figure(sample_distance)} away from its nearest training image, a training image ${
    figure(training_distance)
  } from the nearest other one. ${verdict(sample_distance, training_distance)}</p>
<p class="dim">Distance: root mean square per pixel, 0 to 1; medians of ${count(num_measured)}.</p>`;
}
