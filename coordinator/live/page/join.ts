/** How a worker joins: the lines to type. */
import type { JoinView } from "../view.ts";
import { joinAddress } from "./join_address.ts";
import { byId, make, setText, withOptions } from "./dom.ts";

/** A line to type, with a button that copies it. */
export function command(text: string): HTMLElement {
  const button = make("button", { type: "button" }, "Copy");
  button.addEventListener("click", async () => {
    // Only a page of this machine, or one over https, may write to the clipboard.
    const done = await navigator.clipboard?.writeText(text).then(() => true, () => false) ?? false;
    if (!done) getSelection()?.selectAllChildren(button.previousElementSibling!);
    setText(button, done ? "Copied" : "Selected");
    setTimeout(() => setText(button, "Copy"), 2000);
  });
  return make("div", { class: "command" }, make("code", {}, text), button);
}

const HERE = "deno task worker";

function elsewhere(join: JoinView): string {
  const trust = join.tls_ca === null ? "" : ` --tls-ca ${join.tls_ca}`;
  return `WAGON_TOKEN=… deno task worker --coordinator ${joinAddress(location, join)}${trust}`;
}

/** The line that starts the worker that is waited for; null where the run starts its own. */
export function joinCommand(join: JoinView): string | null {
  if (join.task === "train") return null;
  return join.rendezvous ? HERE : elsewhere(join);
}

/** How others join. `run`: the name of its folder. The token itself is not known to this page. */
export function showJoin(join: JoinView, run: string): void {
  const { task, open, rendezvous, token } = join;
  const place = byId("join");
  const here = rendezvous ? [make("p", {}, "On the coordinator's machine:"), command(HERE)] : [];
  if (task === "train") {
    return place.replaceChildren(
      make("p", {}, "This run has its own workers. To let others join, stop it, and continue it with:"),
      command(`deno task coordinator --resume runs/${run}`),
    );
  }
  if (!open) {
    const words = "Other machines cannot reach this coordinator: it listens on its own machine only. " +
      "Start it with --host 0.0.0.0 to accept workers with the token.";
    return place.replaceChildren(...here, make("p", { class: "dim" }, ...withOptions(words)));
  }
  place.replaceChildren(
    ...here,
    make("p", {}, "On another machine:"),
    command(elsewhere(join)),
    make(
      "p",
      { class: "dim" },
      `Replace … by the workers' token: ${token}. --token-file FILE works as well.`,
    ),
  );
}
