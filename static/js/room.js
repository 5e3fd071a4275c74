/** The rooms' page: one shell, in which one room after the other is shown. */
import { Shell } from "./shell/shell.js";

/**
 * @typedef {object} Page what the elements work with: one for each room
 * @property {import("./dom/lifetime.js").Lifetime} lifetime of its being shown
 * @property {import("./dom/lifetime.js").Lifetime} roomLifetime of the room in the page, shown or not
 * @property {import("./state/store.js").Store} store
 * @property {import("./server/history.js").History} history
 * @property {import("./sending/outbox.js").Outbox} outbox
 * @property {(request: object) => boolean} send to the room, once; false if there is no connection
 * @property {import("./sending/amendments.js").Amendments} amendments
 * @property {import("./elements/timeline/message_actions.js").MessageActions|null} messageActions
 * @property {import("./elements/timeline/selection.js").Selection|null} selection
 * @property {import("./dom/drawers.js").Drawers} drawers
 * @property {import("./elements/timeline/timeline.js").ChatTimeline} timeline
 * @property {import("./elements/composer/composer.js").ChatComposer} composer
 * @property {import("./server/typing.js").Typing} typing
 * @property {import("./elements/page/keys_dialog.js").ChatKeys} keys
 * @property {(address: string) => void} go to a page of the site; a room's isn't loaded
 */

export const openShell = () => new Shell();

export const shell = openShell();
