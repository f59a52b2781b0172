/** The view of a path: songs that lead from one to another by sound. */

import { ask, fill } from "./server.js";
import { count, make } from "./dom.js";
import { songPicker } from "./picker.js";
import { songList, wholeList } from "./rows.js";

/** Choose two songs, and show what leads from one to the other. */
export async function pathView(place, parameters, { signal }) {
  const [start, end] = ["start", "end"].map((name) => parameters.get(name));
  const known = await Promise.all(
    [start, end].map((song) => (song ? ask(`api/songs/${encodeURIComponent(song)}`, {}, signal) : null)),
  );
  const fields = [songPicker("From", known[0], signal), songPicker("To", known[1], signal)];
  const length = make("input", {
    type: "number",
    id: "steps",
    min: 3,
    max: 50,
    value: parameters.get("n") ?? 8,
    inputmode: "numeric",
    required: true,
  });
  const missing = make("p", { class: "problem", role: "alert", hidden: true });
  const form = make(
    "form",
    { class: "choices", onsubmit: submit },
    fields,
    make("div", { class: "field" }, make("label", { for: "steps" }, "Songs, with both ends"), length),
    make("button", { type: "submit", class: "main" }, "Find the path"),
  );

  function submit(event) {
    event.preventDefault();
    const open = fields.find((field) => !field.song);
    missing.hidden = !open;
    if (open) {
      missing.textContent = `${open === fields[0] ? "From" : "To"}: choose a song from those that are offered while you type.`;
      open.input.focus();
      return;
    }
    location.hash = `#path&${new URLSearchParams({ start: fields[0].song.song, end: fields[1].song.song, n: length.value })}`;
  }

  const area = make("div");
  place.append(
    make("h1", {}, "A path"),
    make("p", { class: "lead" }, "Songs that lead from one to another, each step a little nearer by sound."),
    form,
    missing,
    area,
  );
  if (!known.every(Boolean)) return;
  fill(
    area,
    (asked) => ask("api/path", { start, end, n: length.value }, asked),
    ({ songs }) => [
      make("h2", {}, count(songs.length, "song")),
      wholeList(songs),
      songList(songs, "The path", { ordered: true }),
    ],
    signal,
  );
}
