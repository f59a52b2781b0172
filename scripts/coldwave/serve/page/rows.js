/** Lists of songs: each row plays its song, leads to what is near it, and adds it to the list of one's own. */

import { draw, icon, make } from "./dom.js";
import { isKept, keep, listChanged, letGo } from "./kept.js";
import { mark, toggle } from "./player.js";

export const titleOf = (song) => song.title || song.song_id;
export const nameOf = (song) => (song.artist ? `${titleOf(song)} by ${song.artist}` : titleOf(song));

/** Make a button that plays a song, or none where it has no audio. With `words`, they say what it does. */
export function playButton(song, songs, words = false) {
  if (!song.playable) return null;
  const button = make(
    "button",
    {
      type: "button",
      class: words ? "" : "icon",
      "data-play": song.song,
      "data-name": nameOf(song),
      onclick: () => toggle(song, songs),
    },
    icon("play"),
    words && make("span", {}),
  );
  mark([button]);
  return button;
}

/** Make a button that adds a song to the list, or takes it out. */
export function keepButton(song, words = false) {
  const button = make(
    "button",
    {
      type: "button",
      class: words ? "" : "icon",
      "data-keep": song.song,
      onclick: () => (isKept(song) ? letGo(song) : keep([song])),
    },
    icon("add"),
    words && make("span", {}),
  );
  const show = () => {
    const kept = isKept(song);
    draw(button, kept ? "added" : "add");
    button.classList.toggle("on", kept);
    if (words) button.querySelector("span").textContent = kept ? "Take out of my list" : "Add to my list";
    else
      button.setAttribute(
        "aria-label",
        kept ? `Take ${nameOf(song)} out of my list` : `Add ${nameOf(song)} to my list`,
      );
  };
  show();
  button.show = show;
  return button;
}

listChanged(() => document.querySelectorAll("button[data-keep]").forEach((button) => button.show?.()));

/** Make tags; those that are shared with another song stand out. */
export function tagList(tags, { shared = [], label = "Tags" } = {}) {
  if (!tags?.length) return null;
  return make(
    "ul",
    { class: "tags", "aria-label": label },
    tags.map((tag) =>
      shared.includes(tag)
        ? make("li", { class: "shared", title: "in common" }, tag, make("span", { class: "unseen" }, " (in common)"))
        : make("li", {}, tag),
    ),
  );
}

function measure(cosine) {
  if (!Number.isFinite(cosine)) return null;
  const bar = make("b");
  bar.style.width = `${Math.round(Math.max(0, Math.min(1, cosine)) * 100)}%`;
  return make(
    "span",
    { class: "measure", title: "cosine: 1 is alike, 0 has nothing in common" },
    make("span", { class: "unseen" }, "cosine "),
    cosine.toFixed(2),
    make("i", { "aria-hidden": "true" }, bar),
  );
}

/**
 * Make a row.
 * @param {Object} song with `cosine` or `why` where there is one
 * @param {Object[]} songs the list, which goes on after the song
 * @param {Node[]} more further buttons
 * @param {boolean} album whether the album is told as well
 */
export function songRow(song, songs, { more = [], album = false } = {}) {
  const under = [song.artist, album && song.album, song.plays === 0 && "played by nobody"].filter(Boolean).join(" · ");
  return make(
    "li",
    { class: "song", "data-song": song.song },
    playButton(song, songs) ??
      make("span", { class: "silent", title: "no audio" }, make("span", { class: "unseen" }, "no audio")),
    make(
      "div",
      { class: "what" },
      make("a", { href: `#song=${song.song}`, class: "title" }, titleOf(song)),
      under && make("span", { class: "small" }, under),
      song.why && make("span", { class: "small why" }, song.why),
      tagList(song.tags, { shared: song.shared_tags }),
    ),
    measure(song.cosine),
    make(
      "div",
      { class: "does" },
      make("a", { href: `#song=${song.song}`, class: "near", "aria-label": `Near ${nameOf(song)}` }, "near"),
      keepButton(song),
      more,
    ),
  );
}

/** Make a list of songs, or say why there is none. */
export function songList(songs, label, { empty = "No songs.", ordered = false, album = false } = {}) {
  if (!songs?.length) return make("p", { class: "empty" }, empty);
  return make(
    ordered ? "ol" : "ul",
    { class: ordered ? "songs ranked" : "songs", "aria-label": label },
    songs.map((song) => songRow(song, songs, { album })),
  );
}

/** Make the buttons above a list that play all of it, and, where it is not the one that is kept, keep it. */
export function wholeList(songs, kept = false) {
  const first = songs.find((song) => song.playable);
  return make(
    "div",
    { class: "buttons" },
    first &&
      make("button", { type: "button", onclick: () => toggle(first, songs) }, icon("play"), "Play from the first"),
    !kept && make("button", { type: "button", onclick: () => keep(songs) }, icon("add"), "Add all to my list"),
  );
}

/** Move the focus through the titles of a list with the arrow keys; upwards from the first, to `above`. */
export function arrowKeys(container, above) {
  container.addEventListener("keydown", (event) => {
    if (!["ArrowDown", "ArrowUp"].includes(event.key) || !event.target.matches("a.title")) return;
    const titles = [...container.querySelectorAll("a.title")];
    const next = titles.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
    (next < 0 ? above : titles[Math.min(next, titles.length - 1)]).focus();
  });
  above.addEventListener("keydown", (event) => {
    const first = container.querySelector("a.title");
    if (event.key !== "ArrowDown" || !first) return;
    event.preventDefault();
    first.focus();
  });
}

/**
 * Draw the two lists of what is near, by sound and by usage.
 * @param {string} level of their headings: h2 or h3
 */
export function nearLists({ sound, usage }, { level, silent, unused }) {
  const part = (heading, note, songs, empty) =>
    make(
      "section",
      { "aria-label": heading },
      make(level, {}, heading),
      make("p", { class: "small" }, note),
      songList(songs, heading, { empty }),
    );
  return make(
    "div",
    { class: "two" },
    part("Near by sound", "Songs whose audio is alike: 1 is the same, 0 has nothing in common.", sound, silent),
    part("Near by usage", "Songs that the same users are expected to play, likewise.", usage, unused),
  );
}
