/** What every page but the rooms' does for whoever is signed in. */
import { askBeforeSignOut } from "./sign_out.js";

askBeforeSignOut();
