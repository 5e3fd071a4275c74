/**
 * Ctrl+K: one box for going to a room, a conversation or a person; or for beginning a conversation
 * with several. A combobox (ARIA 1.2).
 */
import { PageElement } from "../page_element.js";
import { openConversation } from "../../server/conversations.js";
import { onOpener, openDialog } from "../../dom/dialogs.js";
import { peopleLookup, roomLookup } from "../../server/lookups.js";
import { keyOf } from "../../dom/key_of.js";
import { DELETED, handleBeside, plainName, shownName, shownTitle } from "../../words/names.js";
import { dotOf } from "../../state/people.js";
import { rank } from "../../composing/ranking.js";
import { recentsOf } from "../../local/recents.js";
import { storage } from "../../local/storage.js";
import { cloneElement, part } from "../../dom/template.js";
import { t } from "../../words/texts.js";
import { badgeOf, isConversation, short, unreadOf } from "../../state/unread.js";
import { paintAvatar } from "../people/avatar.js";
import { dotText } from "../people/members.js";
import { WordChips } from "../search/word_chips.js";
import { FoundMessages, messageOption } from "./found_messages.js";

const MOST_PEOPLE = 19; // others in a conversation

/** @typedef {import("../../composing/ranking.js").Candidate} Candidate */
/** @typedef {import("./found_messages.js").FoundItem} FoundItem */
/** @typedef {Pick<import("../../room.js").Page, "store"|"go">} SwitcherPage */

export class ChatSwitcher extends PageElement {
  /** @type {SwitcherPage} */ page;
  /** @type {() => void} */ #opened;
  /** @type {HTMLDialogElement} */ dialog;
  /** @type {HTMLInputElement} */ box;
  /** @type {HTMLElement} */ list;
  /** @type {(Candidate|FoundItem)[]} */ #items = [];
  #active = 0;
  #people = peopleLookup(() => this.dialog.open && this.#show(false));
  #rooms = roomLookup(() => this.dialog.open && this.#show(false));
  #messages = new FoundMessages(() => this.dialog.open && this.#show(false));
  /** @type {WordChips} */ #chips;
  /** @type {string[]} */ #picked = [];
  #several = false;
  #busy = false;

  /**
   * @param {SwitcherPage} page
   * @param {() => void} [opened] called whenever it opens
   */
  start(page, opened = () => {}) {
    const lifetime = this.begin();
    const { signal } = lifetime;
    lifetime.add(() => this.#people.stop());
    lifetime.add(() => this.#rooms.stop());
    lifetime.add(() => this.#messages.stop());
    this.page = page;
    this.#opened = opened;
    this.dialog = this.#find("#switcher");
    this.box = this.#find("#switcher-text");
    this.list = this.#find("#switcher-list");
    onOpener("switcher", (opener) => this.open("several" in opener.dataset), signal);
    addEventListener(
      "keydown",
      (event) => {
        if (keyOf(event) !== "Ctrl+k" || event.shiftKey) return;
        event.preventDefault();
        this.open(false);
      },
      { signal },
    );
    this.dialog.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.box.addEventListener("input", () => this.#typed(), { signal });
    // Before the box loses the focus, so that it keeps it.
    this.list.addEventListener("mousedown", (event) => event.preventDefault(), { signal });
    this.list.addEventListener(
      "click",
      (event) => {
        const option = /** @type {HTMLElement} */ (event.target).closest("[role=option]");
        if (option) this.#take([...this.list.children].indexOf(option), this.#several);
      },
      { signal },
    );
    this.#find(".picked-list").addEventListener(
      "click",
      (/** @type {Event} */ event) => {
        const button = /** @type {HTMLElement|null} */ (
          /** @type {Element} */ (event.target).closest("[data-name]")
        );
        if (button) this.#pick(button.dataset.name ?? "");
      },
      { signal },
    );
    this.#find("button[data-several]").addEventListener("click", () => this.#setSeveral(!this.#several), {
      signal,
    });
    this.#find("[data-start]").addEventListener("click", () => this.#startConversation(this.#picked), {
      signal,
    });
    this.#chips = new WordChips(this.box, this.#find("#switcher-words"), () => this.#typed(), signal);
    page.store.watch(["rooms", "members"], () => this.dialog.open && this.#show(false), signal);
  }

  /** @param {string} selector @returns {any} */
  #find(selector) {
    return this.querySelector(selector);
  }

  /** @param {boolean} several begin by choosing people */
  open(several) {
    this.box.value = "";
    this.#picked = [];
    this.#busy = false;
    this.#say("");
    this.#setSeveral(several);
    openDialog(this.dialog);
    this.box.focus();
    this.#opened();
  }

  /** @param {boolean} several */
  #setSeveral(several) {
    this.#several = several;
    if (!several) this.#picked = [];
    this.#find("button[data-several]").setAttribute("aria-pressed", String(several));
    this.box.placeholder = several ? t("Who shall read it?") : t("Room, person or message");
    this.#find("[data-start]").hidden = !several;
    this.#show(true);
    if (this.dialog.open) this.box.focus();
  }

  /** @returns {Candidate[]} */
  #candidates() {
    const { state } = this.page.store;
    const you = state.you.name;
    const visited = recentsOf(storage, you, "visited").ranks();
    const rooms = this.#several ? [] : [...state.rooms.values()];
    const found = this.#foundRooms();
    const others = [...found.values()].filter(({ name }) => !state.rooms.has(name));
    const direct = new Set(rooms.filter((room) => room.kind === "direct").map((room) => room.title));
    // People are proposed once something is typed, and at once where people are to be chosen.
    const known =
      this.box.value || this.#several ? [...state.members.keys(), ...this.#found(), ...this.#partners()] : [];
    const names = new Set(known.filter((name) => name !== you && !direct.has(name)));
    return [
      ...rooms.map((room) => ({
        kind: /** @type {Candidate["kind"]} */ (room.kind),
        name: room.name,
        title: shownTitle(room),
        handle: isConversation(room) ? room.title : undefined,
        unread: unreadOf(state, room),
        badge: badgeOf(state, room),
        visited: visited.get(room.name),
        current: room.name === state.room.name,
        found: found.get(room.name)?.found,
      })),
      ...others.map((room) => ({
        kind: /** @type {Candidate["kind"]} */ (room.kind),
        name: room.name,
        title: room.title ?? room.name,
        found: room.found,
        isNew: !room.role,
      })),
      ...[...names].map((name) => ({
        kind: /** @type {const} */ ("person"),
        name,
        title: plainName(name),
        handle: name,
      })),
    ];
  }

  /** The rooms that the server has found so far for what is typed, by name. */
  #foundRooms() {
    const typed = this.box.value.trim().replace(/^#/, "");
    const found = typed && !typed.startsWith("@") && !this.#several ? this.#rooms.find(typed) : [];
    return new Map(found.map((room) => [room.name, room]));
  }

  /** The people of one's conversations of two. */
  #partners() {
    return [...this.page.store.state.rooms.values()].flatMap((room) =>
      room.kind === "direct" && room.title !== DELETED ? [room.title] : [],
    );
  }

  /** What is typed, without the sign of a person. */
  get #wanted() {
    return this.box.value.trim().replace(/^@/, "");
  }

  /** The people that the server has found so far for what is typed. */
  #found() {
    const typed = this.#wanted;
    return typed && !typed.startsWith("#") ? this.#people.find(typed).map(({ name }) => name) : [];
  }

  #typed() {
    this.#say("");
    this.#show(true);
  }

  /**
   * @param {boolean} anew the first is the chosen one; else the one that was, if it is still there
   */
  #show(anew) {
    const { state } = this.page.store;
    // Words of the search are proposed to who writes more than a name.
    this.#chips.place.hidden = this.#several || !/\S\s|:/.test(this.box.value);
    const chosen = anew ? undefined : this.#items[this.#active];
    const query = this.#several ? `@${this.#wanted}` : this.box.value;
    const places = rank(query, this.#candidates());
    const messages = this.#several ? [] : this.#messages.items(this.box.value);
    this.#items = [...places, ...messages];
    const options = [...places.map((item) => this.#option(item)), ...messages.map(messageOption)];
    for (const [index, option] of options.entries()) option.id = `destination-${index}`;
    this.list.replaceChildren(...options);
    this.list.hidden = !this.#items.length;
    this.box.setAttribute("aria-expanded", String(this.#items.length > 0));
    const place = this.#items.findIndex((item) => item.kind === chosen?.kind && item.name === chosen.name);
    // A message is chosen by the arrows alone: a room or person may still be found for what is typed.
    this.#activate(place < 0 && places.length ? 0 : place);
    const picked = this.#find(".picked-list");
    picked.hidden = !this.#picked.length;
    picked.replaceChildren(
      ...this.#picked.map((name) => {
        const node = cloneElement("picked");
        part(node, "button").dataset.name = name;
        part(node, "name").textContent = shownName(name);
        part(node, "button").title = t("Leave {name} out", { name: shownName(name) });
        return node;
      }),
    );
    this.#find("[data-start]").disabled = !this.#picked.length || state.connection === "offline";
    const nothing = t("Nothing here is called that.");
    if (!places.length && messages.length < 2 && this.box.value) this.#say(nothing);
    else if (this.#find(".switcher-note").textContent === nothing) this.#say("");
  }

  /** @param {Candidate} item */
  #option(item) {
    const { state } = this.page.store;
    const node = cloneElement("destination");
    const isPerson = item.kind === "person" || item.kind === "direct";
    node.dataset.kind = item.kind;
    part(node, "title").textContent = item.title;
    const details = [];
    if (isPerson) {
      const handle = item.handle ?? "";
      paintAvatar(part(node, "avatar"), handle);
      const dot = dotOf(state, handle);
      part(node, "avatar").dataset.dot = dot;
      details.push(handleBeside(handle));
      details.push(dotText(dot));
    }
    if ((item.kind === "open" || item.kind === "closed") && item.title !== item.name)
      details.push(`#${item.name}`);
    if (item.isNew) details.push(t("you aren’t in it yet"));
    if (item.current) details.push(t("you are here"));
    if (this.#several && this.#picked.includes(item.name)) details.push(t("chosen"));
    part(node, "detail").textContent = details.filter(Boolean).join(" · ");
    part(node, "count").hidden = !item.unread;
    part(node, "count").textContent = short(item.unread ?? 0);
    part(node, "count").classList.toggle("mentions", Boolean(item.badge));
    return node;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing || event.target !== this.box) return;
    const count = this.#items.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const from = event.key === "ArrowDown" ? this.#active + 1 : Math.max(this.#active, 0) + count - 1;
      if (count) this.#activate(from % count);
    } else if (event.key === "Enter") {
      if (this.#several && !this.box.value.trim() && this.#picked.length && !event.ctrlKey)
        this.#startConversation(this.#picked);
      else this.#take(this.#active, this.#several || event.ctrlKey || event.metaKey);
    } else if (event.key === "Backspace" && !this.box.value && this.#picked.length) {
      this.#pick(/** @type {string} */ (this.#picked.at(-1)));
    } else {
      return;
    }
    event.preventDefault();
  }

  /** @param {number} index */
  #activate(index) {
    this.#active = index;
    [...this.list.children].forEach((option, place) =>
      option.setAttribute("aria-selected", String(place === index)),
    );
    const option = this.list.children[index];
    if (!option) {
      this.box.removeAttribute("aria-activedescendant");
      return;
    }
    this.box.setAttribute("aria-activedescendant", option.id);
    if (this.dialog.open) option.scrollIntoView({ block: "nearest" });
  }

  /**
   * @param {number} index
   * @param {boolean} picks chooses the person for a conversation of several
   */
  #take(index, picks) {
    const item = this.#items[index];
    if (!item) return;
    if (item.kind === "message") {
      this.dialog.close("");
      this.page.go(item.address);
      return;
    }
    if (picks && (item.kind === "person" || item.kind === "direct") && item.handle !== DELETED) {
      if (!this.#several) this.#setSeveral(true);
      this.box.value = "";
      this.#pick(item.handle ?? "");
    } else if (item.kind === "person") {
      this.#startConversation([item.name]);
    } else {
      this.dialog.close("");
      this.page.go(`/rooms/${encodeURIComponent(item.name)}`);
    }
  }

  /** In, or out again. @param {string} name */
  #pick(name) {
    if (this.#picked.includes(name)) this.#picked = this.#picked.filter((one) => one !== name);
    else if (this.#picked.length < MOST_PEOPLE) this.#picked = [...this.#picked, name];
    else this.#say(t("A conversation holds twenty people. For more, make a room."));
    this.#show(true);
    this.box.focus();
  }

  /** @param {string[]} names */
  async #startConversation(names) {
    if (this.#busy || !names.length) return;
    this.#busy = true;
    const problem = await openConversation(names, this.page.go);
    this.#busy = false;
    if (problem) this.#say(problem);
  }

  /** @param {string} text */
  #say(text) {
    this.#find(".switcher-note").textContent = text;
  }
}
