/** A field in which a song is sought and chosen: the combobox with a listbox of the ARIA practices. */

import { ask } from "./server.js";
import { announce, count, freshId, make } from "./dom.js";
import { nameOf } from "./rows.js";

const PAUSE = 200; // milliseconds after a key, before the server is asked

/** Call a function once nothing has happened for a while. */
export function debounced(call) {
  let waiting = null;
  return (...values) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => call(...values), PAUSE);
  };
}

/**
 * Make the field. Its `song` is what has been chosen, or null.
 * @param {string} label
 * @param {Object|null} song chosen at first
 */
export function songPicker(label, song, signal) {
  const id = freshId("picker");
  const options = make("ul", { role: "listbox", id: `${id}-options`, "aria-label": label, hidden: true });
  const input = make("input", {
    type: "text",
    id,
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": `${id}-options`,
    placeholder: "title, artist, album or id",
    value: song && nameOf(song),
  });
  const field = make("div", { class: "field picker" }, make("label", { for: id }, label), input, options);
  field.song = song;
  field.input = input;
  let found = [];
  let active = -1;
  let asked = 0;

  function close() {
    asked += 1;
    options.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    active = -1;
  }

  function choose(place) {
    field.song = found[place];
    input.value = nameOf(field.song);
    close();
  }

  function point(place) {
    active = (place + found.length) % found.length;
    [...options.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === active)));
    input.setAttribute("aria-activedescendant", options.children[active].id);
    options.children[active].scrollIntoView({ block: "nearest" });
  }

  async function seek() {
    const q = input.value.trim();
    if (!q) return close();
    const mine = (asked += 1);
    try {
      const { songs } = await ask("api/songs", { q, limit: 8 }, signal);
      if (mine !== asked) return;
      found = songs;
    } catch (error) {
      if (error.name !== "AbortError") announce(error.message);
      return close();
    }
    active = -1;
    input.removeAttribute("aria-activedescendant");
    options.replaceChildren(
      ...found.map((one, place) =>
        make(
          "li",
          {
            role: "option",
            id: `${id}-${place}`,
            "aria-selected": "false",
            onpointerdown: (event) => event.preventDefault(),
            onclick: () => choose(place),
          },
          nameOf(one),
        ),
      ),
    );
    options.hidden = !found.length;
    input.setAttribute("aria-expanded", String(found.length > 0));
    announce(found.length ? `${count(found.length, "song")}: choose with the arrow keys.` : "No song is found.");
  }

  const seekSoon = debounced(seek);
  input.addEventListener("input", () => {
    field.song = null;
    seekSoon();
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    else if (options.hidden || !found.length) return;
    else if (event.key === "ArrowDown") point(active + 1);
    else if (event.key === "ArrowUp") point(active < 0 ? -1 : active - 1);
    else if (event.key === "Enter") choose(Math.max(active, 0));
    else return;
    event.preventDefault();
  });
  return field;
}
