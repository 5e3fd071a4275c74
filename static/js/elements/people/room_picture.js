/** The picture of a room, where it has one. */
import { withBase } from "../../local/address.js";

/**
 * @param {HTMLElement} image
 * @param {{name: string, picture?: number}} room
 */
export function showRoomPicture(image, { name, picture }) {
  image.hidden = !picture;
  const address = picture && withBase(`/rooms/${encodeURIComponent(name)}/picture?size=64&v=${picture}`);
  if (!address) image.removeAttribute("src");
  else if (image.getAttribute("src") !== address) image.setAttribute("src", address);
}
