/** The view of the list of one's own: its order, and its download as a playlist. */

import { problem, send } from "./server.js";
import { announce, count, icon, make } from "./dom.js";
import { empty, keptSongs, letGo, listChanged, move } from "./kept.js";
import { nameOf, songRow, wholeList } from "./rows.js";

const FORMATS = {
  m3u8: "M3U8, for players on this machine",
  xspf: "XSPF, for other players",
  jspf: "JSPF, for ListenBrainz",
};
let redraw = null;

listChanged(() => redraw?.());

/** Show the list. */
export function listView(place, parameters, { signal, run }) {
  const area = make("div");
  place.append(make("h1", {}, "My list"), area);
  redraw = () => area.isConnected && drawList(area, run);
  signal.addEventListener("abort", () => (redraw = null));
  drawList(area, run);
}

function drawList(area, run) {
  const songs = keptSongs();
  const focused = document.activeElement?.dataset?.does;
  const rows = area.querySelectorAll(".song").length;
  if (!songs.length) {
    area.replaceChildren(
      make(
        "p",
        { class: "empty" },
        "The list is empty. Every song has a button that adds it; the list stays in this browser.",
      ),
      make("p", {}, make("a", { href: "#songs", class: "button" }, "Search the songs")),
    );
    if (rows) area.querySelector("a").focus();
    return;
  }
  let form = area.querySelector("form"); // kept: a name that is being typed is not lost
  if (!form) {
    form = downloadForm(run);
    area.replaceChildren(form, make("div"));
  }
  area.lastElementChild.replaceWith(
    make(
      "div",
      {},
      wholeList(songs, true),
      make(
        "ol",
        { class: "songs ranked own", "aria-label": "My list" },
        songs.map((song, place) => row(song, place, songs)),
      ),
      make("p", {}, make("button", { type: "button", onclick: empty }, "Empty the list")),
    ),
  );
  if (focused) refocus(area, focused);
}

function row(song, place, songs) {
  const button = (does, picture, words, disabled, act) =>
    make(
      "button",
      {
        type: "button",
        class: "icon",
        "data-does": `${does} ${song.song}`,
        "data-place": place,
        "aria-label": `${words} ${nameOf(song)}`,
        "aria-disabled": disabled && "true",
        onclick: act,
      },
      icon(picture),
    );
  const made = songRow(song, songs, {
    more: [
      button("up", "up", "Move up", place === 0, () => move(song, -1)),
      button("down", "down", "Move down", place === songs.length - 1, () => move(song, 1)),
    ],
  });
  const keeps = made.querySelector("[data-keep]");
  keeps.replaceWith(
    button("remove", "remove", "Take out", false, () => {
      const next = songs[place + 1] ?? songs[place - 1];
      document.activeElement.dataset.does = `remove ${next?.song}`; // whose button has the focus then
      letGo(song);
    }),
  );
  return made;
}

function refocus(area, does) {
  const same = area.querySelector(`[data-does="${does}"]`);
  (same ?? area.querySelector("button"))?.focus();
}

function downloadForm(run) {
  const name = make("input", {
    type: "text",
    id: "list-name",
    value: `${run.run} list`,
    required: true,
    maxlength: 200,
  });
  const format = make(
    "select",
    { id: "list-format" },
    Object.entries(FORMATS).map(([value, words]) => make("option", { value }, words)),
  );
  const state = make("div");
  return make(
    "form",
    { class: "choices", onsubmit: download },
    make("div", { class: "field" }, make("label", { for: "list-name" }, "Name"), name),
    make("div", { class: "field" }, make("label", { for: "list-format" }, "Format"), format),
    make("button", { type: "submit", class: "main" }, "Download the playlist"),
    state,
  );

  async function download(event) {
    event?.preventDefault();
    state.replaceChildren();
    try {
      const answer = await send("api/playlists", {
        name: name.value,
        songs: keptSongs().map((song) => song.song),
        format: format.value,
      });
      const address = URL.createObjectURL(await answer.blob());
      make("a", { href: address, download: fileName(answer, name.value, format.value) }).click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
      const left = Number(answer.headers.get("Coldwave-Left-Out"));
      const words = `The playlist is downloaded${left ? `, without ${count(left, "song")} that this format cannot hold` : ""}.`;
      state.replaceChildren(make("p", { class: "small" }, words));
      announce(words);
    } catch (error) {
      state.replaceChildren(problem(error));
    }
  }
}

/** Take the name that the server gives the file, or make one. */
function fileName(answer, name, format) {
  const header = answer.headers.get("Content-Disposition") ?? "";
  const [, encoded] = header.match(/filename\*=UTF-8''([^;]+)/i) ?? [];
  const [, plain] = header.match(/filename="([^"]+)"/i) ?? [];
  return encoded ? decodeURIComponent(encoded) : (plain ?? `${name}.${format}`);
}
