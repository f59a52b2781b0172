/** Views of songs: a search, and one song with what is near it. */

import { ask, fill } from "./server.js";
import { announce, count, make } from "./dom.js";
import { debounced } from "./picker.js";
import { arrowKeys, keepButton, nearLists, playButton, songList, tagList, titleOf } from "./rows.js";

const FIRST = 20;
const MOST = 100;

/** Search the songs of the run. */
export function songsView(place, parameters, { signal, run }) {
  const input = make("input", {
    type: "search",
    id: "search",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "title, artist, album or id",
    value: parameters.get("q"),
  });
  const form = make(
    "form",
    { role: "search", class: "field", onsubmit: (event) => event.preventDefault() },
    make("label", { for: "search" }, "Search the songs"),
    input,
  );
  const area = make("div", { class: "results" });

  function seek(limit = FIRST) {
    const q = input.value.trim();
    return fill(
      area,
      (asked) => ask("api/songs", { q, limit }, asked),
      ({ songs, total }) => {
        const words = q ? `${count(total, "song")} for “${q}”` : `${count(total, "song")} in this run`;
        if (q) announce(`${words}.`);
        const rest = Math.min(total, MOST) > songs.length;
        return [
          make(
            "p",
            { class: "small" },
            songs.length < total ? `${words}; the first ${songs.length} are listed.` : `${words}.`,
          ),
          songList(songs, "Songs found", {
            album: true,
            empty: "No song of the run has all of these words in its title, artist and album.",
          }),
          rest && make("p", {}, make("button", { type: "button", onclick: () => more(songs.length) }, "More")),
        ].filter(Boolean);
      },
      signal,
    );
  }

  async function more(before) {
    await seek(MOST);
    area.querySelectorAll("a.title")[before]?.focus();
  }

  const seekSoon = debounced(() => {
    history.replaceState(null, "", input.value.trim() ? `#q=${encodeURIComponent(input.value.trim())}` : "#songs");
    seek();
  });
  input.addEventListener("input", seekSoon);
  arrowKeys(area, input);
  place.append(
    make("h1", {}, "Songs"),
    make(
      "p",
      { class: "lead" },
      run.plays_audio
        ? "Hear a song, and see what is near it: by how it sounds, and by who is expected to play it."
        : "See what is near a song: by how it sounds, and by who is expected to play it.",
    ),
    form,
    area,
  );
  seek();
}

/** Show a song, and what is near it. */
export async function songView(place, parameters, { signal }) {
  const song = await ask(`api/songs/${encodeURIComponent(parameters.get("song"))}`, {}, signal);
  const area = make("div");
  const told = [
    song.album && `from ${song.album}`,
    song.plays ? count(song.plays, "play") : "played by nobody",
    !song.playable && "no audio to hear",
  ].filter(Boolean);
  place.append(
    make("h1", {}, titleOf(song)),
    make("p", { class: "lead" }, song.artist || "artist not known"),
    make("p", { class: "small" }, told.join(" · ")),
    tagList(song.tags) ?? "", // null would be the word
    make(
      "div",
      { class: "buttons" },
      playButton(song, [song], true),
      keepButton(song, true),
      make("a", { class: "button", href: `#path&start=${song.song}` }, "Path from here"),
    ),
    area,
  );
  fill(
    area,
    (asked) => ask(`api/songs/${song.song}/similar`, { n: 20 }, asked),
    (near) =>
      nearLists(near, {
        level: "h2",
        silent: "Nothing: this run has no features of the song's audio.",
        unused: "Nothing: this run has no model that tells who plays the song, or too few users.",
      }),
    signal,
  );
  return { title: titleOf(song) };
}
