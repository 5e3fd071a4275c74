/* How the site is wanted in this browser: the cookie `preferences`, as in accounts/preferences.py.
   A classic script that runs in <head>, before the first paint: a page may have been kept. */
(() => {
  const COOKIE = "preferences";
  const SECONDS = 400 * 86400;
  const { base = "" } = document.documentElement.dataset; // the site's path on its host
  const SIGNAL = `aiochat:preferences${base}`; // tells other windows of the browser
  const THEMES = ["", "light", "dark"];
  /** What the styles see. */
  const SEEN = ["theme", "sides", "density"];
  const root = document.documentElement;

  /** @param {string} text of the cookie */
  const parse = (text) =>
    new Map(text.split(".").map((pair) => /** @type {[string, string]} */ (pair.split(":", 2))));

  const read = () => {
    const found = document.cookie.split("; ").find((pair) => pair.startsWith(`${COOKIE}=`)) ?? "";
    return parse(found.slice(COOKIE.length + 1));
  };

  /** @param {string} name @param {string} value */
  const keep = (name, value) => {
    const pairs = [...read().set(name, value)].filter(([known, word]) => known && word);
    const text = pairs.map((pair) => pair.join(":")).join(".");
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `${COOKIE}=${text}; path=${base || "/"}; max-age=${SECONDS}; samesite=lax${secure}`;
    try {
      localStorage.setItem(SIGNAL, text);
    } catch {
      // refused: the other windows show it when they are loaded again
    }
  };

  /** @param {string} theme */
  const showToggles = (theme) => {
    const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    const shown = theme || "system";
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (
      document.querySelectorAll("[data-theme-toggle]")
    )) {
      button.hidden = false;
      // Their words are in the page, in its language: of the choice, and of what comes next.
      const words = button.dataset;
      button.title = words[shown] ?? "";
      button.setAttribute("aria-label", `${words[shown]}. ${words[`${next || "system"}Next`]}`);
      const icons = /** @type {NodeListOf<HTMLElement>} */ (button.querySelectorAll("[data-theme-icon]"));
      for (const icon of icons) icon.hidden = icon.dataset.themeIcon !== shown;
    }
  };

  const show = (chosen = read()) => {
    for (const name of SEEN) {
      const value = chosen.get(name);
      if (value) root.dataset[name] = value;
      else delete root.dataset[name];
    }
    showToggles(THEMES.find((theme) => theme === chosen.get("theme")) ?? "");
    const inputs = /** @type {NodeListOf<HTMLInputElement>} */ (
      document.querySelectorAll("[data-preference] input:not([type=hidden])")
    );
    for (const input of inputs) {
      const name = /** @type {HTMLElement} */ (input.closest("[data-preference]")).dataset.preference ?? "";
      input.checked = input.value === (chosen.get(name) ?? "");
    }
  };

  /** Earlier versions kept two of them elsewhere. */
  const takeOver = () => {
    try {
      const theme = localStorage.getItem("aiochat:theme") ?? "";
      if (theme && THEMES.includes(theme)) keep("theme", theme);
      if (localStorage.getItem("aiochat:one-side") === "yes") keep("sides", "one");
      localStorage.removeItem("aiochat:theme");
      localStorage.removeItem("aiochat:one-side");
    } catch {
      // refused: there is nothing
    }
  };

  takeOver();
  show();
  document.addEventListener("DOMContentLoaded", () => {
    show();
    document.addEventListener("change", (event) => {
      const input = /** @type {HTMLInputElement} */ (event.target);
      const name = /** @type {HTMLElement|null} */ (input.closest("[data-preference]"))?.dataset.preference;
      if (!name) return;
      keep(name, input.type === "checkbox" && !input.checked ? (input.dataset.off ?? "") : input.value);
      show();
    });
    document.addEventListener("click", (event) => {
      if (!(/** @type {Element} */ (event.target).closest("[data-theme-toggle]"))) return;
      keep("theme", THEMES[(THEMES.indexOf(root.dataset.theme ?? "") + 1) % THEMES.length]);
      show();
    });
  });
  // Another window of the same browser changed it.
  window.addEventListener("storage", (event) => {
    // The cookie may come later than the signal.
    if (event.key === SIGNAL) show(parse(event.newValue ?? ""));
  });
})();
