/* How the pages look, kept in localStorage: the theme, and whether all messages stand on one side.
   A classic script that runs in <head>, before the first paint. */
(() => {
  const CHOICES = ["system", "light", "dark"];
  const KEY = "aiochat:theme";
  const ONE_SIDE = "aiochat:one-side";
  const root = document.documentElement;

  const chosen = () => {
    try {
      const value = localStorage.getItem(KEY) ?? "";
      return CHOICES.includes(value) ? value : "system";
    } catch {
      return "system"; // storage refused: follow the system
    }
  };

  const show = (/** @type {string} */ choice) => {
    if (choice === "system") delete root.dataset.theme;
    else root.dataset.theme = choice;
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (
      document.querySelectorAll("[data-theme-toggle]")
    )) {
      const next = CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length];
      button.hidden = false;
      // Their words are in the page, in its language: of the choice, and of what comes next.
      const words = button.dataset;
      button.title = words[choice] ?? "";
      button.setAttribute("aria-label", `${words[choice]}. ${words[`${next}Next`]}`);
      const icons = /** @type {NodeListOf<HTMLElement>} */ (button.querySelectorAll("[data-theme-icon]"));
      for (const icon of icons) icon.hidden = icon.dataset.themeIcon !== choice;
    }
    const radios = /** @type {NodeListOf<HTMLInputElement>} */ (
      document.querySelectorAll("[data-theme-choice] input")
    );
    for (const radio of radios) radio.checked = radio.value === choice;
  };

  const onOneSide = () => {
    try {
      return localStorage.getItem(ONE_SIDE) === "yes";
    } catch {
      return false;
    }
  };

  const showSides = (/** @type {boolean} */ one) => {
    if (one) root.dataset.sides = "one";
    else delete root.dataset.sides;
    for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (
      document.querySelectorAll("[data-one-side]")
    ))
      input.checked = one;
  };

  const keep = (/** @type {string} */ key, /** @type {string} */ value) => {
    try {
      localStorage.setItem(key, value);
    } catch {
      // storage refused: the choice lasts as long as the page
    }
  };

  show(chosen());
  showSides(onOneSide());
  document.addEventListener("DOMContentLoaded", () => {
    show(chosen());
    showSides(onOneSide());
    document.addEventListener("change", (event) => {
      const input = /** @type {HTMLInputElement} */ (event.target);
      if (input.closest("[data-theme-choice]")) {
        keep(KEY, input.value);
        show(input.value);
      } else if ("oneSide" in input.dataset) {
        keep(ONE_SIDE, input.checked ? "yes" : "no");
        showSides(input.checked);
      }
    });
    document.addEventListener("click", (event) => {
      if (!(/** @type {Element} */ (event.target).closest("[data-theme-toggle]"))) return;
      const current = root.dataset.theme ?? "system";
      const next = CHOICES[(CHOICES.indexOf(current) + 1) % CHOICES.length];
      keep(KEY, next);
      show(next);
    });
  });
  // Another window of the same browser changed it.
  window.addEventListener("storage", (event) => {
    if (event.key === KEY) show(chosen());
    if (event.key === ONE_SIDE) showSides(onOneSide());
  });
})();
