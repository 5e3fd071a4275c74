/**
 * A person's card, opened by a click on their name or on a mention: who they are, and what can be
 * done.
 */
import { withBase } from "../../local/address.js";
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
 * @type {Record<string, {ask: (name: string) => string, sure: () => string, fields?: string[]}>} by
 *   command
 */
const CONFIRM = {
  kick: {
    ask: (name) => t("Remove {name} from this room?", { name }),
    sure: () => t("Remove"),
    fields: ["out", "purge", "reason"],
  },
  timeout: {
    ask: (name) => t("Let {name} only read for a while?", { name }),
    sure: () => t("Time out"),
    fields: ["time", "reason"],
  },
  mod: {
    ask: (name) => t("Make {name} a moderator of this room?", { name }),
    sure: () => t("Make moderator"),
  },
  unmod: {
    ask: (name) => t("Make {name} an ordinary member again?", { name }),
    sure: () => t("Take moderator away"),
  },
};

/**
 * What is sent for a form that was filled in: first what was written goes, then who wrote it.
 * @param {string} command @param {string} name @param {FormData} data
 */
function commandsOf(command, name, data) {
  const said = (/** @type {string} */ field) => String(data.get(field) ?? "").trim();
  const line = (/** @type {string[]} */ ...words) => words.filter(Boolean).join(" ");
  const who = `@${name}`;
  if (command === "timeout") return [line("/timeout", who, said("time"), said("reason"))];
  if (command !== "kick") return [line(`/${command}`, who)];
  const purge = said("purge") ? [line("/purge", who, said("purge"), said("reason"))] : [];
  const [out, reason] = [said("out"), said("reason")];
  if (!out) return [...purge, line("/kick", who, reason)];
  // A reason that begins with a digit would be read as a duration.
  const guarded = out === "good" && /^\d/.test(reason) ? `– ${reason}` : reason;
  return [...purge, line("/ban", who, out === "good" ? "" : out, guarded)];
}

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
        const texts = commandsOf(this.#command, this.#name, new FormData(form));
        if (texts.every((text) => page.outbox.post(text))) this.dialog.close();
        else this.#say(NO_CONNECTION);
      },
      { signal },
    );
    page.store.watch(["members", "rooms"], () => this.dialog.open && this.#show(), signal);
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
    part(this, "profile").setAttribute("href", withBase(`/users/${encodeURIComponent(name)}`));
    this.#button("message").hidden = isYou || Boolean(this.#relation.blocked);
    this.#button("mention").hidden = isYou;
    this.#button("settings").hidden = !isYou;
    // They keep their places while it isn't known, so that no button moves below a finger.
    this.#button("follow").hidden = this.#button("block").hidden = isYou;
    this.#button("follow").classList.toggle("unknown", this.#relation.following === undefined);
    this.#button("follow").textContent = followAction(this.#relation).text;
    this.#button("block").classList.toggle("unknown", this.#relation.blocked === undefined);
    this.#button("block").textContent = this.#relation.blocked ? t("Unblock") : t("Block");
    this.#button("ignore").hidden = isYou;
    this.#button("ignore").textContent = state.site.ignored.has(name) ? t("Stop ignoring") : t("Ignore");
    const may = (/** @type {string} */ command) => state.commands.some((one) => one.name === command);
    const below = Boolean(member) && !isYou && outranks(state.you.role, member?.role ?? "");
    // Who isn't here any more may still be kept out.
    const isGone = !member && !isYou && state.room.kind !== "direct" && state.room.kind !== "group";
    this.#button("kick").hidden = !((below || isGone) && may(below ? "kick" : "ban"));
    this.#button("kick").textContent = below ? t("Remove from room") : t("Keep out of the room");
    this.#button("timeout").hidden = !(below && may("timeout"));
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
      const reason = CONFIRM[act].fields && part(this, "reason-field").querySelector("input");
      (reason || part(this, "sure")).focus();
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
    if (act === "ignore") {
      const isIgnored = this.page.store.state.site.ignored.has(this.#name);
      void this.#setRelation(isIgnored ? "unignore" : "ignore");
    }
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

  /** @param {"follow"|"unfollow"|"block"|"unblock"|"ignore"|"unignore"} choice */
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
    const { ask, sure, fields = [] } = CONFIRM[command];
    part(form, "question").textContent = ask(shownName(this.#name));
    part(form, "sure").textContent = sure();
    part(form, "sure").classList.toggle("danger", command === "kick");
    for (const field of ["out", "time", "purge", "reason"])
      part(form, `${field}-field`).hidden = !fields.includes(field);
    const isMember = this.page.store.state.members.has(this.#name);
    if (!isMember) /** @type {HTMLSelectElement} */ (form.elements.namedItem("out")).value = "good";
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
