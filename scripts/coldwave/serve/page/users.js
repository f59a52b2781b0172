/** Views of users: a search, recommendations for one of them, and for a listening history that is handed in. */

import { ask, fill } from "./server.js";
import { announce, count, freshId, make } from "./dom.js";
import { debounced } from "./picker.js";
import { songList, wholeList } from "./rows.js";
import { fileZone, present } from "./zone.js";

const AMONG = { unheard: "songs not played by the user", nobody: "songs played by nobody", all: "all songs" };
const PER_ARTIST = 3;

/** Make the choices, and read them back from `values()`. */
function choices(parameters, changed) {
  const ids = [freshId("among"), freshId("artist")];
  const allowed = parameters.get("per_artist") ?? String(PER_ARTIST);
  const among = make(
    "select",
    { id: ids[0], onchange: changed },
    Object.entries(AMONG).map(([value, words]) =>
      make("option", { value, selected: value === parameters.get("among") }, words),
    ),
  );
  const artist = make("input", {
    type: "number",
    id: ids[1],
    min: 1,
    max: 99,
    inputmode: "numeric",
    placeholder: "any",
    value: allowed === "0" ? "" : allowed,
    onchange: changed,
  });
  const form = make(
    "form",
    { class: "choices", onsubmit: (event) => event.preventDefault() },
    make("div", { class: "field" }, make("label", { for: ids[0] }, "Among"), among),
    make("div", { class: "field" }, make("label", { for: ids[1] }, "Songs of one artist, at most"), artist),
  );
  form.values = () => ({
    n: 30,
    among: among.value,
    per_artist: artist.checkValidity() ? artist.value || 0 : PER_ARTIST,
  });
  return form;
}

function recommended({ model, notes, songs }) {
  return [
    model && make("p", { class: "small" }, `Recommended by ${model}.`),
    songs.length > 0 && wholeList(songs),
    songList(songs, "Recommended songs", {
      ordered: true,
      empty: "No song is left to recommend: choose among others.",
    }),
    notes?.length > 0 &&
      make(
        "details",
        { class: "small" },
        make("summary", {}, "How they were chosen"),
        make(
          "ul",
          {},
          notes.map((note) => make("li", {}, note)),
        ),
      ),
  ].filter(Boolean);
}

/** Search the users of the run, or hand in a history. */
export function usersView(place, parameters, { signal, run }) {
  const input = make("input", {
    type: "search",
    id: "search-users",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "beginning of an id",
  });
  const area = make("div", { class: "results" });
  const seek = () =>
    fill(
      area,
      (asked) => ask("api/users", { q: input.value.trim(), limit: 20 }, asked),
      ({ users, total }) => {
        if (input.value.trim()) announce(`${count(total ?? users.length, "user")}.`);
        if (!users.length) return make("p", { class: "empty" }, "No user of the run has such an id.");
        return make(
          "ul",
          { class: "users", "aria-label": "Users found" },
          users.map((user) =>
            make(
              "li",
              {},
              make("a", { href: `#user=${user.user}`, class: "title" }, user.user_id),
              Number.isFinite(user.songs) && make("span", { class: "small" }, count(user.songs, "song")),
            ),
          ),
        );
      },
      signal,
    );
  input.addEventListener("input", debounced(seek));
  place.append(
    make("h1", {}, "Users"),
    make(
      "p",
      { class: "lead" },
      "What to recommend to a user of the run, or to somebody with a listening history of their own.",
    ),
    make(
      "div",
      { class: "two" },
      make(
        "section",
        { "aria-labelledby": "of-the-run" },
        make("h2", { id: "of-the-run" }, "A user of the run"),
        make(
          "form",
          { role: "search", class: "field", onsubmit: (event) => event.preventDefault() },
          make("label", { for: "search-users" }, `Search ${count(run.users, "user")}`),
          input,
        ),
        area,
      ),
      historyPart(),
    ),
  );
  seek();
}

function historyPart() {
  const area = make("div");
  let last = null;
  const again = () => last && zone.again(last);
  const form = choices(new URLSearchParams(), again);
  const whose = make("input", { type: "text", id: "whose", autocomplete: "off", placeholder: "any", onchange: again });
  form.append(
    make("div", { class: "field" }, make("label", { for: "whose" }, "User, if the file is of several"), whose),
  );
  const zone = fileZone({
    label: "Choose a listening history",
    hint: "What Spotify, Last.fm, ListenBrainz, Maloja, Koito, Navidrome or Jellyfin export, or a table of times, artists and titles.",
    accept: "",
    busy: "Matching",
    target: () => ["api/recommendations", { ...form.values(), user: whose.value.trim() }],
    clear: (file) => {
      last = file;
      area.replaceChildren();
    },
    show: (answer, file) => {
      const heading = make("h3", {}, `For ${file.name}`);
      area.replaceChildren(heading, ...matched(answer), ...recommended(answer));
      if (form.contains(document.activeElement)) announce(`${count(answer.songs.length, "song")} recommended.`);
      else present(heading);
    },
  });
  return make(
    "section",
    { "aria-labelledby": "of-your-own" },
    make("h2", { id: "of-your-own" }, "A listening history"),
    form,
    zone,
    area,
  );
}

/** Say how much of a history the run knows, and what it does not. */
function matched({ matched: known, unmatched }) {
  const said =
    `${known.tracks.toLocaleString("en")} of its ${count(known.of_tracks, "track")} are songs of the run, with ` +
    `${known.plays.toLocaleString("en")} of ${count(known.of_plays, "play")}.`;
  const named = ({ artist, title }) => [artist, title].filter(Boolean).join(": ") || "a track without a name";
  return [
    make("p", { class: "small" }, said),
    unmatched.length > 0 &&
      make(
        "details",
        { class: "small" },
        make("summary", {}, "Tracks most played that are not songs of the run"),
        make(
          "ul",
          {},
          unmatched.map((track) => make("li", {}, `${named(track)} (${count(track.plays, "play")}; ${track.reason})`)),
        ),
      ),
  ].filter(Boolean);
}

/** Recommend songs to a user of the run. */
export async function userView(place, parameters, { signal }) {
  const user = await ask(`api/users/${encodeURIComponent(parameters.get("user"))}`, {}, signal);
  const area = make("div");
  const form = choices(parameters, () => {
    const { among, per_artist } = form.values();
    history.replaceState(null, "", `#${new URLSearchParams({ user: user.user, among, per_artist })}`);
    load();
  });
  const load = () =>
    fill(
      area,
      (asked) => ask(`api/users/${user.user}/recommendations`, form.values(), asked),
      (answer) => {
        announce(`${count(answer.songs.length, "song")} recommended.`);
        return recommended(answer);
      },
      signal,
    );
  place.append(
    make("h1", {}, `For ${user.user_id}`),
    make("p", { class: "small" }, `who has played ${count(user.songs, "song")}, ${count(user.plays, "time")} in all`),
    form,
    area,
  );
  load();
  return { title: user.user_id };
}
