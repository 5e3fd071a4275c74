/**
 * A person's card, opened by a click on their name or on a mention: who they are, and what can be
 * done.
 */
import { PageElement } from "../page_element.js";
import { openConversation } from "../../server/conversations.js";
import { openDialog } from "../../dom/dialogs.js";
import { dotOf, outranks, statusOf } from "../../state/people.js";
import { NO_CONNECTION } from "../../state/toasts.js";
import { followAction, fetchRelation, setRelation } from "../../server/relations.js";
import { handleBeside, plainName, shownName } from "../../words/names.js";
import { roleName } from "../../words/roles.js";
import { part } from "../../dom/template.js";
import { t } from "../../words/texts.js";
import { clockTime } from "../../words/dates.js";
import { paintAvatar } from "./avatar.js";

/** @typedef {import("../../state/store.js").State} State */

/** What a status says in full. @param {State} state @param {string} name */
export function statusText(state, name) {
  const dot = dotOf(state, name);
  const { until } = statusOf(state, name);
  if (dot === "dnd" && until) return t("Do not disturb until {time}", { time: clockTime(until) });
  if (dot === "dnd") return t("Do not disturb");
  if (dot === "away") return t("Away");
  if (dot === "here") return t("Online");
  return dot === "gone" ? t("Offline") : "";
}

/**
 * @type {Record<string, {ask: (name: string) => string, sure: () => string, why?: boolean}>} by
 *   command
 */
const CONFIRM = {
  kill: { ask: (name) => t("Remove {name} from this room?", { name }), sure: () => t("Remove"), why: true },
  mod: {
    ask: (name) => t("Make {name} a moderator of this room?", { name }),
    sure: () => t("Make moderator"),
  },
  unmod: {
    ask: (name) => t("Make {name} an ordinary member again?", { name }),
    sure: () => t("Take moderator away"),
  },
};

export class ChatPersonCard extends PageElement {
  /** @type {import("../../room.js").Page} */ page;
  /** @type {HTMLDialogElement} */ dialog;
  #name = "";
  /** @type {string} the command that waits for a yes */ #command = "";
  /**
   * Empty until it is loaded.
   * @type {import("../../server/relations.js").Relation}
   */
  #relation = {};

  /** @param {import("../../room.js").Page} page */
  start(page) {
    const { signal } = this.begin();
    this.page = page;
    this.dialog = /** @type {HTMLDialogElement} */ (this.querySelector("dialog"));
    document.addEventListener(
      "click",
      (event) => {
        // With a key held, a link is for the browser.
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        const opener = /** @type {HTMLElement|null} */ (
          /** @type {Element} */ (event.target).closest("[data-person], a.mention")
        );
        const name =
          opener?.dataset.person ?? decodeURIComponent(opener?.getAttribute("href")?.split("/").at(-1) ?? "");
        if (!opener || !name) return;
        event.preventDefault();
        this.open(name, opener);
      },
      { signal },
    );
    this.dialog.addEventListener(
      "click",
      (event) => {
        const button = /** @type {HTMLElement|null} */ (
          /** @type {Element} */ (event.target).closest("[data-card]")
        );
        if (button) this.#act(button.dataset.card ?? "");
      },
      { signal },
    );
    const form = /** @type {HTMLFormElement} */ (this.querySelector(".card-sure"));
    form.addEventListener(
      "submit",
      (event) => {
        event.preventDefault();
        const reason = String(new FormData(form).get("reason") ?? "").trim();
        const text = `/${this.#command} @${this.#name} ${CONFIRM[this.#command].why ? reason : ""}`.trim();
        if (page.outbox.post(text)) this.dialog.close();
        else this.#say(NO_CONNECTION);
      },
      { signal },
    );
    page.store.watch(["members"], () => this.dialog.open && this.#show(), signal);
  }

  /** @param {string} name @param {HTMLElement} opener */
  open(name, opener) {
    this.#name = name;
    this.#confirm("");
    this.#say("");
    this.#relation = {};
    this.#show();
    void this.#loadRelation();
    openDialog(this.dialog, opener, { beside: true });
  }

  #show() {
    const { state } = this.page.store;
    const name = this.#name;
    const member = state.members.get(name);
    const isYou = name === state.you.name;
    const fill = (/** @type {string} */ what, /** @type {string} */ text) => {
      part(this, what).textContent = text;
      part(this, what).hidden = !text;
    };
    paintAvatar(part(this, "avatar"), name);
    part(this, "avatar").dataset.dot = dotOf(state, name);
    fill("name", plainName(name));
    fill("handle", handleBeside(name));
    const said = statusText(state, name);
    fill("state", [said, member ? "" : t("Not in this room")].filter(Boolean).join(" · "));
    fill("role", member && member.role !== "member" ? roleName(member.role) : "");
    fill("status", statusOf(state, name).text);
    /** @type {HTMLAnchorElement} */ (part(this, "profile")).href = `/users/${encodeURIComponent(name)}`;
    this.#button("message").hidden = isYou || Boolean(this.#relation.blocked);
    this.#button("mention").hidden = isYou;
    this.#button("settings").hidden = !isYou;
    // They keep their places while it isn't known, so that no button moves below a finger.
    this.#button("follow").hidden = this.#button("block").hidden = isYou;
    this.#button("follow").classList.toggle("unknown", this.#relation.following === undefined);
    this.#button("follow").textContent = followAction(this.#relation).text;
    this.#button("block").classList.toggle("unknown", this.#relation.blocked === undefined);
    this.#button("block").textContent = this.#relation.blocked ? t("Unblock") : t("Block");
    const may = (/** @type {string} */ command) => state.commands.some((one) => one.name === command);
    const below = Boolean(member) && !isYou && outranks(state.you.role, member?.role ?? "");
    this.#button("kill").hidden = !(below && may("kill"));
    this.#button("mod").hidden = !(below && may("mod") && member?.role === "member");
    this.#button("unmod").hidden = !(below && may("unmod") && member?.role === "moderator");
    const moderation = /** @type {HTMLElement} */ (this.querySelector(".card-moderation"));
    moderation.hidden =
      Boolean(this.#command) ||
      [...moderation.children].every((button) => /** @type {HTMLElement} */ (button).hidden);
  }

  /** @param {string} act @returns {HTMLElement} */
  #button(act) {
    return /** @type {HTMLElement} */ (this.querySelector(`[data-card="${act}"]`));
  }

  /** @param {string} act */
  #act(act) {
    if (act in CONFIRM) {
      this.#confirm(act);
      this.#show();
      part(this, CONFIRM[act].why ? "reason-field" : "sure")
        .querySelector("input")
        ?.focus();
      if (!CONFIRM[act].why) part(this, "sure").focus();
      part(this, "sure").scrollIntoView({ block: "nearest" });
      return;
    }
    if (act === "cancel") {
      const asked = this.#command;
      this.#confirm("");
      this.#show();
      this.#button(asked).focus();
    }
    if (act === "message") this.#startConversation();
    if (act === "mention") this.#mention();
    if (act === "follow") void this.#setRelation(followAction(this.#relation).choice);
    if (act === "block") void this.#setRelation(this.#relation.blocked ? "unblock" : "block");
    if (act === "settings") {
      this.dialog.close();
      document.getElementById("me-button")?.click();
    }
  }

  async #loadRelation() {
    const name = this.#name;
    const relation = await fetchRelation(name);
    // Meanwhile the card may have become somebody else's.
    if (name !== this.#name) return;
    this.#relation = relation;
    this.#show();
  }

  /** @param {"follow"|"unfollow"|"block"|"unblock"} choice */
  async #setRelation(choice) {
    const name = this.#name;
    const problem = await setRelation(name, choice);
    if (name === this.#name) this.#say(problem);
    await this.#loadRelation();
  }

  /** What is to be done needs a yes; nothing if empty. @param {string} command */
  #confirm(command) {
    this.#command = command;
    const form = /** @type {HTMLFormElement} */ (this.querySelector(".card-sure"));
    form.hidden = !command;
    form.reset();
    if (!command) return;
    part(form, "question").textContent = CONFIRM[command].ask(shownName(this.#name));
    part(form, "sure").textContent = CONFIRM[command].sure();
    part(form, "sure").classList.toggle("danger", command === "kill");
    part(form, "reason-field").hidden = !CONFIRM[command].why;
  }

  #mention() {
    this.dialog.close();
    this.page.drawers.close();
    const { box } = this.page.composer;
    const before = box.value.slice(0, box.selectionStart);
    box.setRangeText(
      `${before && !/\s$/.test(before) ? " " : ""}@${this.#name} `,
      box.selectionStart,
      box.selectionEnd,
      "end",
    );
    box.dispatchEvent(new Event("input", { bubbles: true }));
    this.page.composer.focus();
  }

  async #startConversation() {
    const problem = await openConversation([this.#name], this.page.go);
    if (problem) this.#say(problem);
  }

  /** @param {string} text */
  #say(text) {
    /** @type {HTMLElement} */ (this.querySelector(".card-note")).textContent = text;
  }
}
