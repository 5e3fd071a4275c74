/**
 * The members pane: who is online and who isn't, with roles and statuses. A click opens a person's
 * card.
 */
import { PageElement } from "../page_element.js";
import { dotOf, nextEnd, ROLES, statusOf } from "../../state/people.js";
import { reconcile } from "../../dom/reconcile.js";
import { handleBeside, plainName, shownName } from "../../words/names.js";
import { roleName } from "../../words/roles.js";
import { cloneElement, part } from "../../dom/template.js";
import { t } from "../../words/texts.js";
import { paintAvatar } from "./avatar.js";

/** ms: as long as a timer goes. */
const LONGEST = 2 ** 31 - 1;

/** @typedef {import("../../state/types.js").Member} Member */

/** By role, then by name. @param {Member} a @param {Member} b */
const byRole = (a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role) ||
  plainName(a.name).localeCompare(plainName(b.name));

/** @param {string} dot @returns {string} what it says */
export function dotText(dot) {
  if (dot === "away") return t("away");
  if (dot === "dnd") return t("do not disturb");
  return dot === "here" ? t("online") : "";
}

const render = {
  make(/** @type {any} */ { member }) {
    const node = cloneElement("member");
    const button = /** @type {HTMLElement} */ (node.firstElementChild);
    button.dataset.person = member.name;
    button.tabIndex = -1;
    paintAvatar(part(node, "avatar"), member.name);
    return node;
  },
  update(/** @type {HTMLElement} */ node, /** @type {any} */ { member, dot, text, isHere }) {
    part(node, "name").textContent = plainName(member.name);
    part(node, "handle").textContent = handleBeside(member.name);
    part(node, "role").textContent = roleName(member.role);
    part(node, "role").hidden = member.role === "member";
    part(node, "avatar").dataset.dot = dot;
    part(node, "state").textContent = dotText(dot);
    part(node, "viewing").hidden = !isHere;
    part(node, "status").textContent = part(node, "status").title = text;
    part(node, "status").hidden = !text;
    node.classList.toggle("present", dot !== "gone");
  },
};

export class ChatMembers extends PageElement {
  /** @type {import("../../room.js").Page} */ page;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #ending;
  /** @type {Map<string, any>} */ #here = new Map();
  /** @type {Map<string, any>} */ #gone = new Map();

  /** @param {import("../../room.js").Page} page */
  start(page) {
    const lifetime = this.begin();
    const { signal } = lifetime;
    lifetime.add(() => clearTimeout(this.#ending));
    this.page = page;
    page.store.watch(["members"], () => this.#show(), signal);
    this.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.addEventListener(
      "focusin",
      (event) => this.#setTabStop(/** @type {HTMLElement} */ (event.target).closest("[data-person]")),
      { signal },
    );
    this.#show();
  }

  #show() {
    const { state } = this.page.store;
    const members = [...state.members.values()].sort(byRole);
    const here = members.filter((member) => dotOf(state, member.name) !== "gone");
    const gone = members.filter((member) => dotOf(state, member.name) === "gone");
    this.#fill("here", `${t("Online")} – ${here.length}`, this.#here, here);
    this.#fill("away", `${t("Offline")} – ${gone.length}`, this.#gone, gone);
    /** @type {HTMLElement} */ (document.getElementById("member-count")).textContent = String(here.length);
    clearTimeout(this.#ending);
    const wait = nextEnd(state) - Date.now();
    if (wait < LONGEST) this.#ending = setTimeout(() => this.page.store.touch("members"), wait + 50);
    if (!this.querySelector("[data-person][tabindex='0']"))
      this.#setTabStop(this.querySelector("[data-person]"));
  }

  /**
   * @param {"here"|"away"} which
   * @param {string} heading
   * @param {Map<string, any>} shown
   * @param {Member[]} members
   */
  #fill(which, heading, shown, members) {
    const { state } = this.page.store;
    const title = /** @type {HTMLElement} */ (this.querySelector(`#${which}-title`));
    title.hidden = !members.length;
    title.textContent = heading;
    const rows = members.map((member) => {
      const dot = dotOf(state, member.name);
      const { text } = statusOf(state, member.name);
      const isHere = state.viewers.has(member.name);
      const shape = `${shownName(member.name)} ${member.role} ${dot} ${isHere} ${text}`;
      return { key: member.name, shape, member, dot, text, isHere };
    });
    reconcile(/** @type {Element} */ (this.querySelector(`#members-${which}`)), shown, rows, render);
  }

  /** One stop of the Tab key for all of them. @param {Element|null} button */
  #setTabStop(button) {
    if (!button) return;
    for (const held of this.querySelectorAll("[data-person][tabindex='0']"))
      held.setAttribute("tabindex", "-1");
    button.setAttribute("tabindex", "0");
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const buttons = /** @type {HTMLElement[]} */ ([...this.querySelectorAll("[data-person]")]);
    const here = buttons.indexOf(/** @type {HTMLElement} */ (event.target));
    if (here < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const places = /** @type {Record<string, number>} */ ({
      ArrowDown: here + 1,
      ArrowUp: here - 1,
      Home: 0,
      End: buttons.length - 1,
    });
    if (!(event.key in places)) return;
    event.preventDefault();
    buttons[places[event.key]]?.focus();
  }
}
