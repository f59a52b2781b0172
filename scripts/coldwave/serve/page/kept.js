/** The list of one's own: kept in the browser, for each run. */

import { ask } from "./server.js";
import { announce, byId, count } from "./dom.js";

const FIELDS = ["song", "song_id", "title", "artist", "plays", "playable"];
const LONGEST = 200; // characters of a search
const listeners = [];
let key = null;
let kept = [];

export const keptSongs = () => kept;
export const isKept = (song) => kept.some((one) => one.song === song.song);
export const listChanged = (listener) => listeners.push(listener);

function store(words) {
  try {
    localStorage.setItem(key, JSON.stringify(kept));
  } catch {
    // a browser that keeps nothing: the list lasts as long as the page
  }
  tell();
  announce(words);
}

function tell() {
  byId("kept").textContent = kept.length ? ` (${kept.length.toLocaleString("en")})` : "";
  listeners.forEach((listener) => listener());
}

/** Add songs that are not in the list yet. */
export function keep(songs) {
  const added = songs.filter((song) => !isKept(song));
  kept = [...kept, ...added.map((song) => Object.fromEntries(FIELDS.map((name) => [name, song[name]])))];
  store(`${count(added.length, "song")} added. My list has ${count(kept.length, "song")}.`);
}

/** Take a song out. */
export function letGo(song) {
  kept = kept.filter((one) => one.song !== song.song);
  store(`Taken out. My list has ${count(kept.length, "song")}.`);
}

/** Take all songs out. */
export function empty() {
  kept = [];
  store("My list is empty.");
}

/** Move a song by some places. */
export function move(song, by) {
  const from = kept.findIndex((one) => one.song === song.song);
  const to = from + by;
  if (from < 0 || to < 0 || to >= kept.length) return;
  kept.splice(to, 0, ...kept.splice(from, 1));
  store(`Moved to place ${to + 1} of ${kept.length}.`);
}

/** Read a list from its text; what this page has not written is left. */
function read(text) {
  try {
    const found = JSON.parse(text ?? "[]");
    return found.filter((one) => Number.isInteger(one?.song) && typeof one.song_id === "string");
  } catch {
    return [];
  }
}

/** Follow what another tab does to the list. */
window.addEventListener("storage", (event) => {
  if (event.key !== key) return;
  kept = read(event.newValue);
  tell();
});

/** Find a song of an older list in the run as it is now: its number may be another, or it may be gone. */
async function find(song) {
  try {
    const now = await ask(`api/songs/${song.song}`);
    if (now.song_id === song.song_id) return now;
  } catch {
    // the run has fewer songs than it had
  }
  if (song.song_id.length > LONGEST) return null;
  const { songs } = await ask("api/songs", { q: song.song_id });
  return songs.find((one) => one.song_id === song.song_id) ?? null;
}

/** Read the list that the browser has kept for a run, and leave out what the run no longer has. */
export async function openList(run) {
  key = `coldwave list of ${run}`;
  let stored = [];
  try {
    stored = read(localStorage.getItem(key));
  } catch {
    // a browser that keeps nothing
  }
  const now = await Promise.all(stored.map(find));
  kept = now.filter(Boolean);
  const gone = stored.length - kept.length;
  if (gone) store(`${count(gone, "song")} of my list ${gone === 1 ? "is" : "are"} no longer in the run.`);
  else tell();
}
