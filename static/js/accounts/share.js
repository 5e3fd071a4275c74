/** The page on which one chooses where to share: shows what waits. */
import { withBase } from "../local/address.js";
import { dropShared, lookAtShared } from "../local/shared.js";

const find = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

async function show() {
  const found = await lookAtShared().catch(() => null);
  find("shared").hidden = find("discard-shared").hidden = !found;
  if (!found) return;
  find("nothing-shared").hidden = true;
  const text = find("shared-text");
  text.textContent = found.text;
  text.hidden = !found.text;
  find("shared-files").replaceChildren(
    ...found.files.map(({ name }) => {
      const item = document.createElement("li");
      item.textContent = name;
      item.dir = "auto";
      return item;
    }),
  );
}

find("discard-shared").addEventListener("submit", async (event) => {
  event.preventDefault();
  await dropShared();
  location.assign(withBase("/rooms"));
});

void show();
