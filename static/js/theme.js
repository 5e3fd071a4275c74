/* The theme: system, light or dark, kept in localStorage. A classic script that runs in <head>, before the first paint. */
(() => {
  const CHOICES = ["system", "light", "dark"];
  const KEY = "aiochat:theme";
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
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-theme-toggle]"))) {
      const next = CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length];
      button.hidden = false;
      // Their words are in the page, in its language: of the choice, and of what comes next.
      const words = button.dataset;
      button.title = words[choice] ?? "";
      button.setAttribute("aria-label", `${words[choice]}. ${words[`${next}Next`]}`);
      const icons = /** @type {NodeListOf<HTMLElement>} */ (button.querySelectorAll("[data-theme-icon]"));
      for (const icon of icons) icon.hidden = icon.dataset.themeIcon !== choice;
    }
  };

  show(chosen());
  document.addEventListener("DOMContentLoaded", () => {
    show(chosen());
    document.addEventListener("click", (event) => {
      if (!(/** @type {Element} */ (event.target).closest("[data-theme-toggle]"))) return;
      const current = root.dataset.theme ?? "system";
      const next = CHOICES[(CHOICES.indexOf(current) + 1) % CHOICES.length];
      try {
        localStorage.setItem(KEY, next);
      } catch {
        // storage refused: the choice lasts as long as the page
      }
      show(next);
    });
  });
  // Another window of the same browser changed it.
  window.addEventListener("storage", (event) => event.key === KEY && show(chosen()));
})();
