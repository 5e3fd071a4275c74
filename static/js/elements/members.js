/** The members pane: who is here and who is away, with their roles. */
import { reconcile } from "../reconcile.js";
import { roleName } from "../roles.js";
import { cloneElement, part } from "../template.js";
import { t } from "../texts.js";
import { paintAvatar } from "./avatar.js";

const RANK = ["admin", "owner", "moderator", "member"];

/** @typedef {import("../store.js").Member} Member */

/** By role, then by name. @param {Member} a @param {Member} b */
const byRole = (a, b) => RANK.indexOf(a.role) - RANK.indexOf(b.role) || a.name.localeCompare(b.name);

const render = {
  make(/** @type {any} */ { member }) {
    const node = cloneElement("member");
    paintAvatar(part(node, "avatar"), member.name);
    part(node, "name").textContent = member.name;
    return node;
  },
  update(/** @type {HTMLElement} */ node, /** @type {any} */ { member }) {
    part(node, "role").textContent = roleName(member.role);
    part(node, "role").hidden = member.role === "member";
    node.classList.toggle("present", member.present);
  },
};

export class ChatMembers extends HTMLElement {
  /** @type {import("../room.js").Page} */ page;
  /** @type {Map<string, any>} */ #here = new Map();
  /** @type {Map<string, any>} */ #away = new Map();

  /** @param {import("../room.js").Page} page */
  start(page) {
    this.page = page;
    page.store.watch(["members"], () => this.#show());
    this.#show();
  }

  #show() {
    const { state } = this.page.store;
    const members = [...state.members.values()].sort(byRole);
    const here = members.filter((member) => member.present);
    const away = members.filter((member) => !member.present);
    this.#fill("here", this.#here, here);
    this.#fill("away", this.#away, away);
    /** @type {HTMLElement} */ (document.getElementById("member-count")).textContent = String(here.length);
  }

  /** @param {"here"|"away"} which @param {Map<string, any>} shown @param {Member[]} members */
  #fill(which, shown, members) {
    const title = /** @type {HTMLElement} */ (this.querySelector(`#${which}-title`));
    title.hidden = !members.length;
    title.textContent = `${which === "here" ? t("Here") : t("Away")} – ${members.length}`;
    const rows = members.map((member) => ({ key: member.name, shape: `${member.role}${member.present}`, member }));
    reconcile(/** @type {Element} */ (this.querySelector(`#members-${which}`)), shown, rows, render);
  }
}
