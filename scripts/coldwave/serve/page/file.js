/** The view of a file that the run does not know: what is near it. */

import { make } from "./dom.js";
import { nearLists, tagList } from "./rows.js";
import { fileZone, present } from "./zone.js";

const SAID = 6; // tags, and users
let last = null; // the file's name and the answer: kept while the page is open, for the Back button

/** Take a file, and show what is near it. */
export function fileView(place, parameters, { run }) {
  place.append(make("h1", {}, "A file"));
  if (!run.hears_files) {
    place.append(
      make(
        "p",
        { class: "note" },
        "Nothing in this run can hear a file: its models take numbers that others have made of the songs, not audio.",
      ),
    );
    return;
  }
  const area = make("div");
  const show = (answer, file) => {
    last = { answer, file };
    area.replaceChildren(...drawn(answer, file.name));
    present(area.querySelector("h2"));
  };
  place.append(
    make("p", { class: "lead" }, "Drop an audio file, and see which songs of the run are near it."),
    fileZone({
      label: "Choose an audio file",
      hint: "FLAC, MP3, Ogg, WAV and others. The file stays on the server’s machine for as long as it is heard.",
      accept: "audio/*,.flac,.mp3,.ogg,.opus,.m4a,.wav",
      busy: "Hearing",
      target: () => ["api/place", { n: 20 }],
      clear: () => {
        last = null;
        area.replaceChildren();
      },
      show,
    }),
    area,
  );
  if (last) area.replaceChildren(...drawn(last.answer, last.file.name));
}

function drawn(answer, name) {
  const said = (words, tags) =>
    tags.length > 0 &&
    make(
      "div",
      { class: "said" },
      make("p", { class: "small" }, words),
      tagList(
        tags.slice(0, SAID).map((one) => one.tag),
        { label: words },
      ),
    );
  return [
    make("h2", {}, `Near ${name}`),
    said("Tags that are heard in it", answer.heard),
    said("Tags of the songs that sound most like it", answer.tags),
    answer.listeners.length > 0 &&
      make(
        "p",
        { class: "small" },
        "It stands out for these users: ",
        answer.listeners
          .slice(0, SAID)
          .flatMap((one, i) => [i ? ", " : "", make("a", { href: `#user=${one.user}` }, one.user_id)]),
        ".",
      ),
    nearLists(answer.similar, {
      level: "h3",
      silent: "Nothing: this run has no features of audio that a file can be given.",
      unused: "Nothing: this run has no model that hears a file and tells who would play it.",
    }),
  ].filter(Boolean);
}
