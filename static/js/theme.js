/* The theme: system, light or dark, kept in localStorage. A classic script that runs in <head>, before the first paint. */
(() => {
  const CHOICES = ["system", "light", "dark"];
  const KEY = "aiochat:theme";
  const root = document.documentElement;

  const chosen = () => {
    try {
      const value = localStorage.getItem(KEY);
      return CHOICES.includes(value) ? value : "system";
    } catch {
      return "system"; // storage refused: follow the system
    }
  };

  const show = (choice) => {
    if (choice === "system") delete root.dataset.theme;
    else root.dataset.theme = choice;
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      const next = CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length];
      button.hidden = false;
      button.title = `Theme: ${choice}`;
      button.setAttribute("aria-label", `Theme: ${choice}. Change to ${next}`);
      for (const icon of button.querySelectorAll("[data-theme-icon]")) icon.hidden = icon.dataset.themeIcon !== choice;
    }
  };

  show(chosen());
  document.addEventListener("DOMContentLoaded", () => {
    let current = chosen();
    show(current);
    document.addEventListener("click", (event) => {
      if (!event.target.closest("[data-theme-toggle]")) return;
      current = CHOICES[(CHOICES.indexOf(current) + 1) % CHOICES.length];
      try {
        localStorage.setItem(KEY, current);
      } catch {
        // storage refused: the choice lasts as long as the page
      }
      show(current);
    });
  });
  // Another window of the same browser changed it.
  window.addEventListener("storage", (event) => event.key === KEY && show(chosen()));
})();
