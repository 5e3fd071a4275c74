/**
 * After signing out, where the site lies below a path: what this browser has kept of it goes. A header
 * (Clear-Site-Data) does it elsewhere, but it would clear what other sites of the host have kept, too.
 */
import { withBase } from "../local/address.js";
import { dropAll } from "../local/kept_files.js";
import { session, storage } from "../local/storage.js";
import { forget } from "../offline/database.js";

async function forgetAll() {
  for (const kept of [storage, session]) for (const key of kept.keys("")) kept.remove(key);
  await Promise.allSettled([
    forget(),
    dropAll(),
    navigator.serviceWorker?.getRegistration(withBase("/")).then((found) => found?.unregister()),
  ]);
  // A reload doesn't do it again: whoever signs in next has something to keep.
  history.replaceState(null, "", withBase("/"));
}

void forgetAll();
