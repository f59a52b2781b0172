/** A place to drop a file, or to choose one, that uploads it and tells how far it is. */

import { problem, upload } from "./server.js";
import { announce, byId, freshId, make } from "./dom.js";

/**
 * Make the zone.
 * @param {string} label what the file is, as the name of the button
 * @param {string} hint formats, in words
 * @param {string} accept the types that the browser offers
 * @param {string} busy what happens to the file once it is there
 * @param {function(): [string, Object]} target path and parameters of the request
 * @param {function(File)} clear is called before a file is taken: what was shown of another goes
 * @param {function(Object, File)} show is given the answer
 */
export function fileZone({ label, hint, accept, busy, target, clear, show }) {
  const id = freshId("file");
  const input = make("input", { type: "file", id, accept, class: "unseen", "aria-describedby": `${id}-hint` });
  const state = make("div", { class: "state" });
  const zone = make(
    "div",
    { class: "zone" },
    input,
    make("label", { for: id, class: "button" }, label),
    make("p", { class: "small", id: `${id}-hint` }, `or drop it here. ${hint}`),
    state,
  );
  let stop = null;

  async function take(file) {
    stop?.abort();
    clear(file);
    stop = new AbortController();
    const { signal } = stop;
    const bar = make("progress", { max: 1, value: 0, "aria-label": `Upload of ${file.name}` });
    const words = make("p", { class: "small" }, `Sending ${file.name} …`);
    const cancel = make("button", { type: "button", onclick: () => stop.abort() }, "Stop");
    state.replaceChildren(words, bar, cancel);
    announce(words.textContent);
    const progress = (share) => {
      if (share < 1) bar.value = share;
      else bar.removeAttribute("value"); // no longer known how long it takes
      words.textContent = share < 1 ? `Sending ${file.name}: ${Math.round(share * 100)} %` : `${busy} ${file.name} …`;
    };
    try {
      const answer = await upload(...target(), file, progress, signal);
      state.replaceChildren();
      show(answer, file);
    } catch (error) {
      if (error.name === "AbortError") {
        if (stop.signal === signal) state.replaceChildren(make("p", { class: "small" }, "Stopped."));
      } else state.replaceChildren(problem(error, () => take(file)));
    } finally {
      input.value = ""; // the same file may be chosen once more
    }
  }

  input.addEventListener("change", () => input.files.length && take(input.files[0]));
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", (event) => !zone.contains(event.relatedTarget) && zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    if (event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
    else state.replaceChildren(make("p", { class: "problem", role: "alert" }, "What was dropped is not a file."));
  });
  zone.again = take;
  return zone;
}

/** A file that is dropped beside the zone would be opened in place of the page: do nothing instead. */
export function ignoreDropsElsewhere() {
  for (const name of ["dragover", "drop"]) {
    window.addEventListener(name, (event) => {
      if (!event.target.closest?.(".zone")) {
        event.preventDefault();
        if (event.dataTransfer) event.dataTransfer.dropEffect = "none";
      }
    });
  }
}

/** Bring what has come below the zone to those who read and to those who hear. */
export function present(heading) {
  heading.setAttribute("tabindex", "-1");
  heading.focus();
  byId("status").textContent = "";
}
