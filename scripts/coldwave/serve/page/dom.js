/** Elements of the page. Text from data goes in as text nodes alone, so that none of it is taken for markup. */

/**
 * Make an element.
 * @param {string} tag
 * @param {Object} properties attributes; `onclick` and the like are listeners; null and false are left out
 * @param {...(Node|string|null|false|Array)} children
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Make a picture of the sheet at the end of index.html. */
export function icon(name) {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${name}`);
  picture.append(use);
  return picture;
}

/** Change the picture of a button. */
export function draw(button, name) {
  button.querySelector("use").setAttribute("href", `#icon-${name}`);
}

export const byId = (id) => document.getElementById(id);

/** Say something to those who hear the page. */
export function announce(text) {
  byId("status").textContent = text;
}

let ids = 0;

/** Return an id that no other element has. */
export const freshId = (name) => `${name}-${(ids += 1)}`;

export const count = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

/** Say seconds as a clock does: 1:05. */
export function clock(seconds) {
  const whole = Number.isFinite(seconds) ? Math.floor(seconds) : 0;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
